# telltale_library(<name> SOURCES … [LIBS …]): one static library per folder, named
# telltale_<name>. A folder that includes what it does not link does not build.
function(telltale_library name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS" ${ARGN})
  add_library(telltale_${name} STATIC ${A_SOURCES})
  target_include_directories(telltale_${name} PUBLIC
    "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}")
  target_compile_features(telltale_${name} PUBLIC cxx_std_20)
  target_link_libraries(telltale_${name}
    PUBLIC ${A_LIBS}
    PRIVATE $<BUILD_INTERFACE:telltale_warnings>)
endfunction()
