#include <caf/send.hpp>

#include "actors/relay/channels/channel.hpp"
#include "messages/protocols.hpp"

namespace telltale {

namespace {

class client_sender final : public request_sender {
public:
  explicit client_sender(std::shared_ptr<http::client> client)
      : client_(std::move(client)) {}

  void send(std::uint64_t number, http::client_request what,
            const request_asker_handle& asker) override {
    client_->send(std::move(what), [number, asker](http::client_result result) {
      caf::anon_send(
          asker, request_answered{number, std::make_shared<const http_outcome>(
                                              std::move(result))});
    });
  }

private:
  std::shared_ptr<http::client> client_;
};

} // namespace

std::shared_ptr<request_sender>
make_request_sender(std::shared_ptr<http::client> client) {
  return std::make_shared<client_sender>(std::move(client));
}

} // namespace telltale
