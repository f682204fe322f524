telltale_room(command_redact
  SOURCES "${CMAKE_CURRENT_SOURCE_DIR}/redact.cpp"
  LIBS telltale_redaction CLI11::CLI11)
