# What makes a fault in memory hard to use. The compiler's part is for the
# program that people run; sanitizers see more, and debug builds are for us.
if(NOT TELLTALE_SANITIZE AND NOT TELLTALE_FUZZ)
  if(CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$")
    include(CheckCXXCompilerFlag)
    add_compile_options(-fPIE -fstack-protector-strong -U_FORTIFY_SOURCE
      -D_FORTIFY_SOURCE=2)
    foreach(flag -fstack-clash-protection -fcf-protection=full
        -mbranch-protection=standard)
      string(MAKE_C_IDENTIFIER "TELLTALE_HAS${flag}" known)
      check_cxx_compiler_flag(${flag} ${known})
      if(${known})
        add_compile_options(${flag})
      endif()
    endforeach()
  endif()
  add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
