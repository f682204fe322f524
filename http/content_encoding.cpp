#include "http/content_encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <boost/beast/zlib/inflate_stream.hpp>

#include "http/wire.hpp"

namespace telltale::http {

namespace zlib = boost::beast::zlib;

namespace {

constexpr std::size_t gzip_head = 10;
constexpr std::size_t gzip_tail = 8;
constexpr std::size_t zlib_head = 2;
constexpr std::size_t zlib_tail = 4;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U
         | byte_at(bytes, at + 2) << 16U | byte_at(bytes, at + 3) << 24U;
}

/// The length of a gzip member's head with its optional parts (RFC 1952, 2.3);
/// 0: it is none.
std::size_t length_of_head(std::string_view bytes) {
  constexpr unsigned has_check = 2;
  constexpr unsigned has_extra = 4;
  constexpr unsigned has_name = 8;
  constexpr unsigned has_comment = 16;
  if (bytes.size() < gzip_head + gzip_tail || byte_at(bytes, 0) != 0x1f
      || byte_at(bytes, 1) != 0x8b || byte_at(bytes, 2) != 8)
    return 0;
  const auto flags = byte_at(bytes, 3);
  auto at = gzip_head;
  if ((flags & has_extra) != 0) {
    if (at + 2 > bytes.size())
      return 0;
    at += 2 + byte_at(bytes, at) + (byte_at(bytes, at + 1) << 8U);
  }
  for (const auto text : {has_name, has_comment})
    if ((flags & text) != 0) {
      const auto end = bytes.find('\0', std::min(at, bytes.size()));
      if (end == std::string_view::npos)
        return 0;
      at = end + 1;
    }
  if ((flags & has_check) != 0)
    at += 2;
  return at + gzip_tail <= bytes.size() ? at : 0;
}

std::uint32_t crc32_of(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xEDB88320U : crc >> 1U;
  }
  return ~crc;
}

std::optional<std::string> inflate(std::string_view bytes, std::size_t most) {
  std::string out;
  std::array<char, 16'384> part{};
  zlib::inflate_stream stream;
  zlib::z_params state{};
  state.next_in = bytes.data();
  state.avail_in = bytes.size();
  for (;;) {
    state.next_out = part.data();
    state.avail_out = part.size();
    boost::system::error_code ec;
    stream.write(state, zlib::Flush::sync, ec);
    const auto made = part.size() - state.avail_out;
    if (out.size() + made > most)
      return std::nullopt;
    out.append(part.data(), made);
    if (ec == zlib::error::end_of_stream)
      return out;
    if (ec || made == 0)
      return std::nullopt; // broken, or cut
  }
}

bool is_zlib(std::string_view bytes) {
  return bytes.size() >= zlib_head + zlib_tail
         && (byte_at(bytes, 0) & 0x0FU) == 8
         && (byte_at(bytes, 0) << 8U | byte_at(bytes, 1)) % 31 == 0;
}

} // namespace

std::optional<std::string> decompress(std::string_view bytes,
                                      std::size_t most) {
  if (const auto head = length_of_head(bytes); head != 0) {
    auto text =
        inflate(bytes.substr(head, bytes.size() - head - gzip_tail), most);
    if (!text || crc32_of(*text) != number_at(bytes, bytes.size() - gzip_tail))
      return std::nullopt;
    return text;
  }
  if (is_zlib(bytes))
    return inflate(
        bytes.substr(zlib_head, bytes.size() - zlib_head - zlib_tail), most);
  return std::nullopt;
}

void open_body(client_response& answer, std::size_t most) {
  const auto encoding = answer.find("content-encoding");
  if (!encoding
      || !(same_name(*encoding, "gzip") || same_name(*encoding, "x-gzip")
           || same_name(*encoding, "deflate")))
    return;
  if (auto text = decompress(answer.body, most))
    answer.body = std::move(*text);
}

} // namespace telltale::http
