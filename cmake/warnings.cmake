# The strict set, for our own targets only: libraries come as system headers.
add_library(telltale_warnings INTERFACE)
target_compile_options(telltale_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wswitch-enum
  -Wcast-align -Wformat=2 -Wnull-dereference -Wunused
  # GCC 12 reports these inside the standard library and Boost when inlining.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-null-dereference -Wno-maybe-uninitialized
    -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-free-nonheap-object>)
if(TELLTALE_WERROR)
  target_compile_options(telltale_warnings INTERFACE -Werror)
endif()
