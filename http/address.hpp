#pragma once

#include <boost/asio/ip/address.hpp>

namespace telltale::http {

/// True unless `address` is an ordinary public unicast address: loopback,
/// private (RFC 1918, ULA), carrier-grade NAT, link-local, multicast,
/// documentation, benchmarking, unspecified, reserved; and any IPv6 address
/// that only wraps such an IPv4 one (mapped, compatible, 6to4, NAT64, Teredo).
/// Pure. Source: the IANA special-purpose address registries.
[[nodiscard]] bool is_special(const boost::asio::ip::address& address);

} // namespace telltale::http
