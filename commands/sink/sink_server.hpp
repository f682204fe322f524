#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "commands/sink/sink_chat.hpp"

namespace telltale::commands {

/// A sink on a port: the local chat behind an HTTP server, with a thread for
/// answers that are to come late. Throws what `http::server` throws if it
/// cannot listen.
class sink_server {
public:
  sink_server(const std::string& listen, sink_options options,
              std::function<void(const sink_message&)> on_message = {});
  ~sink_server();
  sink_server(const sink_server&) = delete;
  sink_server& operator=(const sink_server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] sink_chat& chat() noexcept;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace telltale::commands
