"""Where kernels and packages come from: a distribution's offers, its downloads, its words.

Here belongs what differs from one distribution to another. What a kernel's tree says of itself is
`kernel`'s, and so is where a fetched one lies.

A new source of kernels is a module with a class that has what `source.KernelSource` names; it needs
no base class. `debian.py` is the model: `offers` is a pure reading of what the package manager
lists, `packages` says what one kernel is cut into, `download` verifies, `unpack` runs nothing of
what it unpacks, and each failure is a FetchError with a hint in that distribution's own words.
`offer.choose` then picks by series and flavour, `kernel.fetch` puts the kernel together and
writes its manifest, and neither has to change. `sources.py` says which machine has which source.
"""
