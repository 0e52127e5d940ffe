# Made by rkmbuild: how CMake compiles for a kernel, which is no system that it knows.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR {{ processor }})
set(CMAKE_C_COMPILER "{{ compiler }}")
{% if cxx %}
set(CMAKE_CXX_COMPILER "{{ cxx }}")
{% endif %}
set(CMAKE_C_FLAGS_INIT "{{ flags }}")
set(CMAKE_CXX_FLAGS_INIT "{{ cxx_flags }}")
set(CMAKE_ASM_FLAGS_INIT "{{ flags }}")
{% if archiver %}
set(CMAKE_AR "{{ archiver }}")
{% endif %}
# Nothing can be linked to a program, so questions are asked of the compiler alone.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE NEVER)
# Code of the kernel's model is never position-independent, whatever a project asks for.
set(CMAKE_USER_MAKE_RULES_OVERRIDE "{{ folder }}/rules.cmake")
