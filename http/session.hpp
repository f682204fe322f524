#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "http/io_loop.hpp"
#include "http/request_reader.hpp"
#include "http/server.hpp"

namespace telltale::http {

class pending_exchange;

/// What a stream's owner and its connection share. Any thread, under the mutex.
struct stream_state {
  std::mutex mutex;
  std::string pending;    ///< framed, not yet taken by the connection
  std::size_t unsent = 0; ///< bytes that the kernel has not taken yet
  bool chunked = true;    ///< false: HTTP/1.0, raw bytes
  bool mail_sent = false; ///< the connection knows of `pending`
  bool gone = false;      ///< the client is, or is being cut off
  bool behind = false;    ///< by more than `stream::most_unsent`
  bool stalled = false;   ///< it is cut off since the client took nothing
  bool ended = false;     ///< the body is complete
  std::function<void()> on_closed;
  std::function<void()> on_writable;

  /// The kernel has taken so many bytes. Calls `on_writable` if that makes
  /// room.
  void take(std::size_t bytes);

  /// The client has gone. Calls `on_closed`, unless that was done or the owner
  /// ended the stream himself.
  void lose();
  /// The server ends the stream; what was written still goes out. Calls
  /// `on_closed` as `lose` does.
  void end();

private:
  void tell(std::function<void()> what);
};

/// One connection: reads requests ahead up to `max_pipeline`, and sends their
/// answers in the order of the requests, all that are ready in one write.
///
/// It belongs to the thread of its loop; other threads reach it by its tasks
/// only. A broken or late client gets its refusal as last answer; what it still
/// sends is read and thrown away for a short while, so that the answer arrives.
/// Once cut it ignores everything.
class session : public std::enable_shared_from_this<session> {
public:
  session(std::shared_ptr<io_loop> loop, std::string remote, bool secure);
  virtual ~session() = default;
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  [[nodiscard]] io_loop& loop() { return *loop_; }

  void start();
  /// Tells the client that there are too many.
  void start_refused();

  void answer(std::uint64_t sequence, response&& what);
  void open_stream(std::uint64_t sequence, response&& head,
                   std::shared_ptr<stream_state> stream);
  /// Tells this state's owner should the client go before the answer.
  void watch(std::uint64_t sequence, std::shared_ptr<stream_state> watcher);
  /// The stream has more to send, or has ended.
  void stream_moved(stream_state& which);
  [[nodiscard]] response refusal_answer(refusal why);

  /// Sends what is ready.
  void flush();
  /// The current wait is over.
  void expire();
  void begin_drain();
  /// Closes at once; whatever was owed is lost.
  void cut();
  /// The same, since the client took nothing of what is being written.
  void cut_stalled();

protected:
  using error_code = boost::system::error_code;

  // The transport. Each async operation ends in the `on_…` of its name.
  virtual void handshake() = 0;
  virtual void async_read(boost::asio::mutable_buffer into) = 0;
  /// Writes what can be written now without waiting; 0 with `would_block` if
  /// nothing can.
  virtual std::size_t write_now(boost::asio::const_buffer from,
                                error_code& ec) = 0;
  virtual void async_write(boost::asio::const_buffer from) = 0;
  /// Tells the client that no more will come.
  virtual void end_sending() = 0;
  virtual void close_socket() = 0;

  void on_handshake(const error_code& ec);
  void on_read(const error_code& ec, std::size_t n);
  void on_write(const error_code& ec, std::size_t n);

private:
  /// One request that was read, and what became of it.
  struct slot {
    response what;
    std::shared_ptr<stream_state> stream;
    std::shared_ptr<stream_state> watcher;   ///< of an answer that is owed
    std::weak_ptr<pending_exchange> waiting; ///< whoever owes it
    bool answered = false;
    bool head_sent = false; ///< of a stream
    bool is_head = false;   ///< HEAD: no body follows
    bool http10 = false;
    bool last = false; ///< the connection ends after it
  };

  [[nodiscard]] slot* find(std::uint64_t sequence);
  [[nodiscard]] bool has_room() const;
  void advance();
  void settle();
  void read_more();
  void wait_for(wait_kind kind);
  [[nodiscard]] wait_kind current_wait() const;

  // session.cpp: in
  void parse();
  bool parse_some();
  void take_request();
  void refuse(refusal why);
  void discard_input();
  void tell_watchers();

  // session_send.cpp: out
  void send_ready();
  void collect();
  void collect_answer(slot& from);
  bool collect_stream(slot& from);
  void batch_sent();
  void finish();
  [[nodiscard]] bool streams_open() const;

  std::shared_ptr<io_loop> loop_; ///< outlives the socket of the derived class
  std::string remote_;
  bool secure_;

  boost::beast::flat_buffer in_;
  std::size_t read_size_;
  std::optional<request_reader> reader_; ///< a request that has begun
  std::size_t head_bytes_ = 0;           ///< of its head, read so far
  std::deque<slot> slots_;
  std::uint64_t base_ = 0; ///< the sequence number of the front slot
  std::uint64_t next_ = 0;
  std::string out_;
  std::size_t sent_ = 0;                       ///< of `out_`
  std::shared_ptr<stream_state> batch_stream_; ///< whose bytes are in `out_`
  std::size_t batch_bytes_ = 0;

  io_loop::wait_list::iterator wait_;
  io_loop::wait_list::iterator write_wait_;
  wait_kind waiting_ = wait_kind::nothing;
  std::uint64_t waiting_for_ = 0; ///< the request that the deadline is for

  bool handshaking_ = true;
  bool entered_ = false;       ///< is in the books of the loop
  bool reading_ = false;       ///< a read is under way
  bool writing_ = false;       ///< a write is under way
  bool in_turn_ = false;       ///< `advance` is at work and will send
  bool marked_ = false;        ///< the loop will flush
  bool starved_ = false;       ///< the input holds no whole step for the reader
  bool discarding_ = false;    ///< no more requests are read
  bool continue_owed_ = false; ///< the client waits for `100 Continue`
  bool eof_ = false;           ///< the client sends no more
  bool closing_ = false;       ///< the last answer is in `out_`
  bool finished_ = false;      ///< all is sent; lingering
  bool still_sends_ = false;   ///< bytes came that were thrown away
  unsigned lingered_ = 0;
  bool gone_ = false;
};

} // namespace telltale::http
