# Makes the C of a module's kfuncs out of what its Rust code says of them: a set for each hook, and an
# init that registers the sets.
BEGIN { FS = "\t" }
$1 == "kfunc" {
	number++
	flags = "0"
	count = split($3, words, "|")
	for (i = 1; i <= count && $3 != "-"; i++) {
		flags = flags " | RKMBUILD_KF_" words[i]
		print "#ifndef RKMBUILD_KF_" words[i]
		print "#error \"`" $2 "`: this kernel knows no kfunc that is `" words[i] "`\""
		print "#endif"
	}
	count = split($4, words, "|")
	for (i = 1; i <= count; i++) {
		if (!(words[i] in counts))
			hooks[++known] = words[i]
		counts[words[i]]++
		pairs[words[i]] = pairs[words[i]] ", { " number ", " flags " }"
	}
}
END {
	for (i = 1; i <= known; i++)
		print "RKMBUILD_KFUNCS(" hooks[i] ", " counts[hooks[i]] pairs[hooks[i]] ")"
	print "static int __init rkmbuild_init(void)\n{\n\tint err = 0;\n"
	for (i = 1; i <= known; i++)
		print "\terr = err ?: RKMBUILD_REGISTER(" hooks[i] ");"
	print "\treturn err ?: rkmbuild_init_module();\n}\nmodule_init(rkmbuild_init);"
}
