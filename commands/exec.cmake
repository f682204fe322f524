find_package(Boost 1.81 REQUIRED COMPONENTS json)
pkg_check_modules(exec_re2 REQUIRED IMPORTED_TARGET re2)

# What exec and simulate share: the service as a runner sees it.
telltale_room(runner_client
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/runner_client.cpp
  LIBS telltale_http telltale_text Boost::json)

telltale_room(exec
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/exec.cpp
    ${CMAKE_CURRENT_LIST_DIR}/exec_process.cpp
    ${CMAKE_CURRENT_LIST_DIR}/exec_rules.cpp
    ${CMAKE_CURRENT_LIST_DIR}/exec_session.cpp
  LIBS telltale_runner_client telltale_messages telltale_text PkgConfig::exec_re2)

telltale_room(command_exec
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/exec_command.cpp
    ${CMAKE_CURRENT_LIST_DIR}/exec_mask.cpp
  LIBS telltale_exec telltale_redaction CLI11::CLI11)
