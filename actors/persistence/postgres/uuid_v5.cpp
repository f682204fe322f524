#include "actors/persistence/postgres/uuid_v5.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include <openssl/evp.h>

namespace telltale {

uuid make_uuid_v5(const uuid& name_space, std::string_view name) {
  std::string input(name_space.bytes.begin(), name_space.bytes.end());
  input.append(name);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(),
                 nullptr)
      != 1)
    throw std::runtime_error{"OpenSSL cannot compute SHA-1"};
  uuid id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  id.bytes[6] = static_cast<std::uint8_t>(0x50U | (id.bytes[6] & 0x0fU));
  id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3fU));
  return id;
}

delivery_id make_delivery_id(const event_id& event, std::string_view relay,
                             std::string_view chat) {
  // The event's id is the namespace. Relay names hold no line break, so the
  // two parts cannot run into each other.
  std::string name{relay};
  name += '\n';
  name += chat;
  return delivery_id{make_uuid_v5(event.value, name)};
}

delivery_id make_message_key(std::vector<delivery_id> told) {
  std::ranges::sort(told);
  std::string name;
  for (const auto& id : told)
    name += to_string(id) + '\n';
  return delivery_id{make_uuid_v5(told.front().value, name)};
}

} // namespace telltale
