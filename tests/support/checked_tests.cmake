# That a test without a check fails, although another test of its suite has one
# and the program exits with 0. All three run the same suite.
add_executable(unchecked_tests "${CMAKE_CURRENT_LIST_DIR}/unchecked_tests.cpp")
target_link_libraries(unchecked_tests PRIVATE telltale_test_support
  $<BUILD_INTERFACE:telltale_warnings>)
telltale_test_target(unit unchecked_tests)

function(telltale_checked_test name)
  add_test(NAME checks.${name} COMMAND unchecked_tests -n -v 4 ${ARGN})
  set_tests_properties(checks.${name} PROPERTIES LABELS unit TIMEOUT 30)
endfunction()

telltale_checked_test(program_of_a_test_without_a_check_exits_with_0)
telltale_checked_test(test_without_a_check_fails)
telltale_checked_test(test_with_a_check_passes -t "a test with a check")
set_tests_properties(checks.test_without_a_check_fails
  checks.test_with_a_check_passes PROPERTIES
  FAIL_REGULAR_EXPRESSION "${TELLTALE_UNCHECKED}")
set_tests_properties(checks.test_without_a_check_fails PROPERTIES
  WILL_FAIL ON)
