# A filter that matches no test exits with 0, and so does a test without a
# check. CAF's framework prints both counts, and ctest fails what prints a zero.
set(TELLTALE_UNCHECKED "suites:  0;tests: +0;-> 0 check took")

# telltale_test_target(<label> <target>…): tests_<label> builds what the tests
# with this label run.
function(telltale_test_target label)
  if(NOT TARGET tests_${label})
    add_custom_target(tests_${label})
  endif()
  add_dependencies(tests_${label} ${ARGN})
endfunction()

# telltale_tests(<label> [TIMEOUT seconds] [PARSING stem…]): every *_test.cpp
# of this folder becomes an executable, and every CAF_SUITE in it a ctest entry
# with the folder's name as label; those named after PARSING have the label
# `parsing` as well. A line `// libs: a b c` in the file names what it links
# beside the messages.
function(telltale_tests label)
  cmake_parse_arguments(A "" "TIMEOUT" "PARSING" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 180)
  endif()
  if(TELLTALE_SANITIZE)
    math(EXPR A_TIMEOUT "${A_TIMEOUT} * 4")
  endif()
  set(parsing ${A_PARSING})
  list(TRANSFORM parsing APPEND _test)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp")
  foreach(source IN LISTS sources)
    get_filename_component(stem "${source}" NAME_WE)
    set(target "${label}_${stem}")
    add_executable(${target} ${source})
    set(labels ${label})
    if(stem IN_LIST parsing)
      list(APPEND labels parsing)
      list(REMOVE_ITEM parsing ${stem})
    endif()
    foreach(one IN LISTS labels)
      telltale_test_target(${one} ${target})
    endforeach()
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
      set_tests_properties(${suite} PROPERTIES
        TIMEOUT ${A_TIMEOUT} LABELS "${labels}"
        FAIL_REGULAR_EXPRESSION "${TELLTALE_UNCHECKED}"
        ENVIRONMENT "TELLTALE_SOURCE_DIR=${PROJECT_SOURCE_DIR};TELLTALE_BINARY_DIR=${PROJECT_BINARY_DIR}")
    endforeach()
  endforeach()
  if(parsing)
    message(FATAL_ERROR "no such test to label parsing: ${parsing}")
  endif()
endfunction()
