telltale_room(command_classify
  SOURCES "${PROJECT_SOURCE_DIR}/commands/classify.cpp"
  LIBS telltale_messages telltale_status_intake CLI11::CLI11)
