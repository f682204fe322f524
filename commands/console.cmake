# What the operator's commands share: the service as an operator sees it, and
# the terminal.
telltale_room(console
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/console.cpp
    ${CMAKE_CURRENT_LIST_DIR}/terminal.cpp
  LIBS telltale_runner_client telltale_messages telltale_text CLI11::CLI11)
