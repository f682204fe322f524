telltale_room(command_sink
  SOURCES sink.cpp sink_chat.cpp sink_dialect.cpp sink_faults.cpp sink_limits.cpp
          sink_lists.cpp sink_page.cpp sink_server.cpp sink_sign.cpp
          sink_wire.cpp
  LIBS telltale_messages telltale_text telltale_http Boost::json OpenSSL::Crypto CLI11::CLI11)
