# Checks of the sources and the documentation themselves: they need no build,
# only Python, which scripts/setup installs.
find_program(TELLTALE_PYTHON python3 REQUIRED)

function(telltale_check name)
  add_test(NAME lint.${name} COMMAND "${TELLTALE_PYTHON}" ${ARGN}
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(lint.${name} PROPERTIES LABELS unit TIMEOUT 30)
endfunction()

telltale_check(includes scripts/check_includes)
telltale_check(include_rules scripts/check_includes --self-test)
telltale_check(callbacks scripts/check_callbacks)
telltale_check(callback_rules scripts/check_callbacks --self-test)
telltale_check(links scripts/check_links)
telltale_check(link_rules scripts/check_links --self-test)
telltale_check(payload scripts/check_payload)
telltale_check(payload_rules scripts/check_payload --self-test)
telltale_check(security scripts/check_security)
telltale_check(security_rules scripts/check_security --self-test)
