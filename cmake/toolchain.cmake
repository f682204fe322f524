# ccache and mold make builds quick; both are used where they are present.
find_program(TELLTALE_CCACHE ccache)
if(TELLTALE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TELLTALE_CCACHE}")
endif()

find_program(TELLTALE_MOLD mold)
if(TELLTALE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
