# Made by rkmbuild; CMake reads it behind what it knows of the compiler.
foreach(language C CXX ASM)
  set(CMAKE_${language}_COMPILE_OPTIONS_PIC "")
  set(CMAKE_${language}_COMPILE_OPTIONS_PIE "")
endforeach()
