#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "http/io_loop.hpp"
#include "http/server.hpp"

namespace telltale::http {

class session;

/// The exchange of a request that was read from a connection. Any thread.
class pending_exchange final
    : public exchange,
      public std::enable_shared_from_this<pending_exchange> {
public:
  pending_exchange(std::shared_ptr<session> from, std::uint64_t sequence,
                   bool http10);
  ~pending_exchange() override;
  pending_exchange(const pending_exchange&) = delete;
  pending_exchange& operator=(const pending_exchange&) = delete;

  void respond(response answer) override;
  std::shared_ptr<stream>
  open_stream(response head, std::function<void()> on_closed,
              std::function<void()> on_writable) override;
  void on_gone(std::function<void()> then) override;
  [[nodiscard]] std::shared_ptr<const std::atomic<bool>>
  gone_flag() const override {
    return {shared_from_this(), &gone_};
  }

  /// The client has ended its side, or was lost. The connection's thread.
  void note_gone() noexcept { gone_.store(true, std::memory_order_relaxed); }

  /// The loop whose thread has the connection.
  [[nodiscard]] io_loop& loop() const;

  /// The answer as a task for that loop; false if there was an answer before.
  [[nodiscard]] bool as_loop_task(response&& answer, loop_task& into);

private:
  std::shared_ptr<session> from_;
  std::uint64_t sequence_;
  bool http10_;
  std::atomic<bool> answered_{false};
  std::atomic<bool> gone_{false};
};

} // namespace telltale::http
