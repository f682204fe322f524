#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/secret.hpp"

namespace telltale {

/// The value of `webhook-signature` (Standard Webhooks): `v1,` and the Base64
/// of HMAC-SHA256 over `id.timestamp.body`, one for each secret, parted by
/// blanks. A secret is Base64, with or without `whsec_` before it; one that is
/// not is taken as it stands.
[[nodiscard]] std::string
webhook_signature(const std::vector<config::secret>& secrets,
                  std::string_view id, std::string_view when,
                  std::string_view body);

} // namespace telltale
