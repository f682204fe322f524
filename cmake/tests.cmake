# telltale_tests(<label> [TIMEOUT seconds]): every *_test.cpp of this folder
# becomes an executable, and every CAF_SUITE in it a ctest entry with the
# folder's name as label. A line `// libs: a b c` in the file names what it
# links beside the messages.
function(telltale_tests label)
  cmake_parse_arguments(A "" "TIMEOUT" "" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 180)
  endif()
  if(TELLTALE_SANITIZE)
    math(EXPR A_TIMEOUT "${A_TIMEOUT} * 4")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp")
  foreach(source IN LISTS sources)
    get_filename_component(stem "${source}" NAME_WE)
    set(target "${label}_${stem}")
    add_executable(${target} ${source})
    file(STRINGS ${source} libs_line REGEX "^// libs: ")
    string(REGEX REPLACE "^// libs: +" "" libs "${libs_line}")
    separate_arguments(libs)
    target_link_libraries(${target} PRIVATE ${libs} telltale_messages
      telltale_test_support $<BUILD_INTERFACE:telltale_warnings>)
    file(STRINGS ${source} suite_lines REGEX "^#define CAF_SUITE ")
    if(NOT suite_lines)
      message(FATAL_ERROR "${source} defines no CAF_SUITE")
    endif()
    foreach(line IN LISTS suite_lines)
      string(REGEX REPLACE "^#define CAF_SUITE +([A-Za-z0-9_.-]+).*" "\\1"
        suite "${line}")
      string(REPLACE "." "[.]" pattern "${suite}")
      add_test(NAME ${suite}
        COMMAND ${target} -n -v 4 -r ${A_TIMEOUT} -s "^${pattern}$"
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
      # A filter that matches nothing exits 0, and so does a test without a
      # check: both are failures here.
      set_tests_properties(${suite} PROPERTIES
        TIMEOUT ${A_TIMEOUT} LABELS ${label}
        FAIL_REGULAR_EXPRESSION "suites:  0;tests: +0;checks: +0"
        ENVIRONMENT "TELLTALE_SOURCE_DIR=${PROJECT_SOURCE_DIR};TELLTALE_BINARY_DIR=${PROJECT_BINARY_DIR}")
    endforeach()
  endforeach()
endfunction()
