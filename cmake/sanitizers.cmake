if(TELLTALE_SANITIZE)
  add_compile_options(-fsanitize=${TELLTALE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TELLTALE_SANITIZE})
  if(TELLTALE_SANITIZE MATCHES "undefined")
    # CAF 0.17.6 binds references to null in its own headers.
    add_compile_options(-fno-sanitize=null)
  endif()
endif()

if(TELLTALE_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()

if(TELLTALE_FUZZ)
  # Targets of tests/fuzz add the engine itself.
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "fuzz targets need clang")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined
    -fno-sanitize-recover=all -fno-sanitize=null,vptr -fno-omit-frame-pointer
    -fvisibility=hidden)
  add_link_options(-fsanitize=address,undefined)
endif()
