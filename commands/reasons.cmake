telltale_room(command_reasons
  SOURCES "${CMAKE_CURRENT_SOURCE_DIR}/reasons.cpp"
  LIBS telltale_messages telltale_relay Boost::json CLI11::CLI11)
