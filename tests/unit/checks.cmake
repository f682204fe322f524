# Checks of the sources themselves: they need no build, only Python, which
# scripts/setup installs.
find_program(TELLTALE_PYTHON python3 REQUIRED)

add_test(NAME lint.includes
  COMMAND "${TELLTALE_PYTHON}" "${PROJECT_SOURCE_DIR}/scripts/check_includes")
add_test(NAME lint.include_rules
  COMMAND "${TELLTALE_PYTHON}" "${PROJECT_SOURCE_DIR}/scripts/check_includes"
          --self-test)
add_test(NAME lint.payload
  COMMAND "${TELLTALE_PYTHON}" "${PROJECT_SOURCE_DIR}/scripts/check_payload")
add_test(NAME lint.payload_rules
  COMMAND "${TELLTALE_PYTHON}" "${PROJECT_SOURCE_DIR}/scripts/check_payload"
          --self-test)
set_tests_properties(lint.includes lint.include_rules lint.payload
  lint.payload_rules PROPERTIES
  LABELS unit TIMEOUT 30)
