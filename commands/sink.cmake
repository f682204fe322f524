telltale_room(command_sink
  SOURCES sink.cpp sink_chat.cpp sink_server.cpp sink_wire.cpp
  LIBS telltale_messages telltale_http Boost::json CLI11::CLI11)
