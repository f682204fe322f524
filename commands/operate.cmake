# Tasks and events at an operator's terminal.
telltale_room(operate
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/event_lines.cpp
    ${CMAKE_CURRENT_LIST_DIR}/report.cpp
    ${CMAKE_CURRENT_LIST_DIR}/why.cpp
  LIBS telltale_console telltale_failed_task_payload)

telltale_room(command_operate
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/deliver_command.cpp
    ${CMAKE_CURRENT_LIST_DIR}/operate_command.cpp
    ${CMAKE_CURRENT_LIST_DIR}/report_command.cpp
    ${CMAKE_CURRENT_LIST_DIR}/tail_command.cpp
  LIBS telltale_operate)

telltale_room(manual
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/manual.cpp
    ${CMAKE_CURRENT_LIST_DIR}/manual_command.cpp
  LIBS CLI11::CLI11)
