#include "http/address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace telltale::http {

namespace asio = boost::asio;

namespace {

struct v4_block {
  std::uint32_t first;
  unsigned bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24U | b << 16U | c << 8U | d;
}

constexpr std::array special_v4{
    v4_block{v4(0, 0, 0, 0), 8},       // this network
    v4_block{v4(10, 0, 0, 0), 8},      // private
    v4_block{v4(100, 64, 0, 0), 10},   // carrier-grade NAT
    v4_block{v4(127, 0, 0, 0), 8},     // loopback
    v4_block{v4(169, 254, 0, 0), 16},  // link-local, cloud metadata
    v4_block{v4(172, 16, 0, 0), 12},   // private
    v4_block{v4(192, 0, 0, 0), 24},    // protocol assignments
    v4_block{v4(192, 0, 2, 0), 24},    // documentation
    v4_block{v4(192, 88, 99, 0), 24},  // 6to4 relays
    v4_block{v4(192, 168, 0, 0), 16},  // private
    v4_block{v4(198, 18, 0, 0), 15},   // benchmarking
    v4_block{v4(198, 51, 100, 0), 24}, // documentation
    v4_block{v4(203, 0, 113, 0), 24},  // documentation
    v4_block{v4(224, 0, 0, 0), 4},     // multicast
    v4_block{v4(240, 0, 0, 0), 4},     // reserved, broadcast
};

bool is_special_v4(std::uint32_t address) {
  return std::any_of(special_v4.begin(), special_v4.end(),
                     [&](const v4_block& block) {
                       return (address ^ block.first) >> (32 - block.bits) == 0;
                     });
}

using v6_bytes = asio::ip::address_v6::bytes_type;

struct v6_block {
  std::array<unsigned char, 12> first; ///< the bytes of the prefix
  unsigned bits;
};

/// The blocks that wrap an IPv4 address, and where it stands in them.
struct v4_wrapper {
  v6_block block;
  std::size_t at;
  bool inverted;
};

constexpr std::array v4_wrappers{
    v4_wrapper{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96}, 12, false},
    v4_wrapper{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 96}, 12, false},
    v4_wrapper{{{0x00, 0x64, 0xFF, 0x9B}, 96}, 12, false}, // NAT64
    v4_wrapper{{{0x20, 0x02}, 16}, 2, false},              // 6to4
    v4_wrapper{{{0x20, 0x01, 0, 0}, 32}, 12, true},        // Teredo
};

constexpr std::array special_v6{
    v6_block{{0x20, 0x01, 0x0D, 0xB8}, 32}, // documentation
    v6_block{{0x20, 0x01, 0x00}, 23},       // protocol assignments
    v6_block{{0x3F, 0xFF, 0x00}, 20},       // documentation
};

bool matches(const v6_bytes& address, const v6_block& block) {
  for (unsigned i = 0; i < block.bits; ++i) {
    const auto mask = static_cast<unsigned char>(0x80U >> (i % 8));
    if (((address[i / 8] ^ block.first[i / 8]) & mask) != 0)
      return false;
  }
  return true;
}

bool is_special_v6(const asio::ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  if (address.is_loopback() || address.is_unspecified())
    return true;
  for (const auto& wrapper : v4_wrappers) {
    if (!matches(bytes, wrapper.block))
      continue;
    std::uint32_t inner = 0;
    for (std::size_t i = 0; i < 4; ++i)
      inner = inner << 8U | bytes[wrapper.at + i];
    return is_special_v4(wrapper.inverted ? ~inner : inner);
  }
  // Only 2000::/3 is global unicast; ULA, link-local, multicast are outside.
  if ((bytes[0] & 0xE0U) != 0x20U)
    return true;
  return std::any_of(
      special_v6.begin(), special_v6.end(),
      [&](const v6_block& block) { return matches(bytes, block); });
}

} // namespace

bool is_special(const asio::ip::address& address) {
  return address.is_v4() ? is_special_v4(address.to_v4().to_uint())
                         : is_special_v6(address.to_v6());
}

} // namespace telltale::http
