# telltale_bundle(<output> STYLE <file> LOCALES <file>… MODULES <file>…): one
# script of the page's modules, its style sheet and what the reasons are called,
# made by CMake alone: the page is asked for once, not module by module. MODULES
# stand in the order in which they need one another.
set(TELLTALE_BUNDLE_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/write_bundle.cmake")

function(telltale_bundle output)
  cmake_parse_arguments(PARSE_ARGV 1 given "" "STYLE" "LOCALES;MODULES")
  foreach(kind STYLE LOCALES MODULES)
    set(${kind})
    foreach(file IN LISTS given_${kind})
      get_filename_component(absolute "${file}" ABSOLUTE)
      list(APPEND ${kind} "${absolute}")
    endforeach()
    string(REPLACE ";" "|" joined_${kind} "${${kind}}")
  endforeach()
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" "-DSTYLE=${STYLE}"
      "-DVERSION=${PROJECT_VERSION}"
      "-DLOCALES=${joined_LOCALES}" "-DMODULES=${joined_MODULES}"
      -P "${TELLTALE_BUNDLE_SCRIPT}"
    DEPENDS ${STYLE} ${LOCALES} ${MODULES} "${TELLTALE_BUNDLE_SCRIPT}"
    COMMENT "Bundling the page"
    VERBATIM)
endfunction()
