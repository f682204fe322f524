#pragma once

#include <string_view>
#include <vector>

#include "messages/uuid.hpp"

namespace telltale {

/// The identifier that RFC 9562 derives from a name within a namespace
/// (version 5, SHA-1): the same for the same arguments, for ever. Throws
/// `std::runtime_error` if OpenSSL has no SHA-1.
[[nodiscard]] uuid make_uuid_v5(const uuid& name_space, std::string_view name);

/// A delivery's id, which the other side also sees as idempotency key: the
/// same on every try and after a crash. `chat` is empty for targets without
/// chats.
[[nodiscard]] delivery_id make_delivery_id(const event_id& event,
                                           std::string_view relay,
                                           std::string_view chat);

/// The key of a message that tells these deliveries, whatever their order; at
/// least one. Other deliveries make another key.
[[nodiscard]] delivery_id make_message_key(std::vector<delivery_id> told);

} // namespace telltale
