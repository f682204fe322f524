add_library(telltale_config_commands STATIC
  "${CMAKE_CURRENT_LIST_DIR}/config_commands.cpp")
target_include_directories(telltale_config_commands PUBLIC
  "${CMAKE_CURRENT_LIST_DIR}/..")
target_link_libraries(telltale_config_commands
  PUBLIC telltale_config telltale_messages telltale_text CLI11::CLI11
  PRIVATE telltale_redaction $<BUILD_INTERFACE:telltale_warnings>)
