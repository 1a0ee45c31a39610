// From a captured frame to the UDP payload in it, and from a payload to the ITCH messages in it.
//
// Threading: pure functions and plain data. Memory: views of the frame; nothing is allocated.
// Errors:    none thrown; every frame gets one of the verdicts below. Never reads outside the frame.
#pragma once

#include <pcap/dlt.h>

#include <cstdint>
#include <span>

#include "itch_messages.h"

namespace tickweir::itch {

using Bytes = std::span<const std::uint8_t>;

enum class FrameVerdict {
  udp,       // the payload is whole
  ignored,   // not UDP over IP, or no IP that makes sense
  fragment,  // a part of a larger datagram
  cut,       // the capture kept less of the frame than the datagram has
};

struct Frame {
  FrameVerdict verdict = FrameVerdict::ignored;
  Bytes payload = {};
};

// The link layers that are understood, by libpcap's number.
constexpr bool is_known_link(int link) {
  switch (link) {
    case DLT_EN10MB:
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return true;
    default:
      return false;
  }
}

namespace detail {

inline Frame open_udp(Bytes bytes) {
  if (bytes.size() < 8) return {.verdict = FrameVerdict::cut};
  const std::size_t length = read_u16(bytes.data() + 4);
  if (length < 8) return {};
  if (bytes.size() < length) return {.verdict = FrameVerdict::cut};
  return {.verdict = FrameVerdict::udp, .payload = bytes.subspan(8, length - 8)};
}

inline Frame open_ipv4(Bytes bytes) {
  if (bytes.size() < 20) return {.verdict = FrameVerdict::cut};
  const std::size_t head = (bytes[0] & 15U) * 4U;
  const std::size_t total = read_u16(bytes.data() + 2);
  if (head < 20 || total < head || bytes[9] != 17) return {};
  if ((read_u16(bytes.data() + 6) & 0x3fffU) != 0) return {.verdict = FrameVerdict::fragment};
  if (bytes.size() < head) return {.verdict = FrameVerdict::cut};
  // What lies behind the datagram is the link's padding.
  return open_udp(bytes.size() > total ? bytes.subspan(head, total - head) : bytes.subspan(head));
}

inline Frame open_ipv6(Bytes bytes) {
  if (bytes.size() < 40) return {.verdict = FrameVerdict::cut};
  const std::size_t length = read_u16(bytes.data() + 4);
  std::uint8_t next = bytes[6];
  bytes = bytes.size() - 40 > length ? bytes.subspan(40, length) : bytes.subspan(40);
  while (next == 0 || next == 43 || next == 60) {  // options and routing: each says how long it is
    if (bytes.size() < 8) return {.verdict = FrameVerdict::cut};
    const std::size_t skip = (bytes[1] + 1U) * 8U;
    if (bytes.size() < skip) return {.verdict = FrameVerdict::cut};
    next = bytes[0];
    bytes = bytes.subspan(skip);
  }
  if (next == 44) return {.verdict = FrameVerdict::fragment};
  return next == 17 ? open_udp(bytes) : Frame{};
}

inline Frame open_ip(Bytes bytes) {
  if (bytes.empty()) return {.verdict = FrameVerdict::cut};
  const unsigned version = bytes[0] >> 4U;
  if (version == 4) return open_ipv4(bytes);
  return version == 6 ? open_ipv6(bytes) : Frame{};
}

// `bytes` follow a protocol number of Ethernet's kind; VLAN tags may come first.
inline Frame open_ether_type(std::uint32_t type, Bytes bytes) {
  while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
    if (bytes.size() < 4) return {.verdict = FrameVerdict::cut};
    type = read_u16(bytes.data() + 2);
    bytes = bytes.subspan(4);
  }
  return type == 0x0800 || type == 0x86dd ? open_ip(bytes) : Frame{};
}

}  // namespace detail

inline Frame open_frame(int link, Bytes bytes) {
  switch (link) {
    case DLT_EN10MB:
      if (bytes.size() < 14) return {.verdict = FrameVerdict::cut};
      return detail::open_ether_type(read_u16(bytes.data() + 12), bytes.subspan(14));
    case DLT_LINUX_SLL:
      if (bytes.size() < 16) return {.verdict = FrameVerdict::cut};
      return detail::open_ether_type(read_u16(bytes.data() + 14), bytes.subspan(16));
    case DLT_LINUX_SLL2:
      if (bytes.size() < 20) return {.verdict = FrameVerdict::cut};
      return detail::open_ether_type(read_u16(bytes.data()), bytes.subspan(20));
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return detail::open_ip(bytes);
    default:
      return {};
  }
}

// ---- MoldUDP64: session 10, sequence u64, count u16, then `count` blocks of u16 length and message ------

constexpr std::size_t mold_head_bytes = 20;
constexpr std::uint32_t mold_heartbeat = 0;
constexpr std::uint32_t mold_session_end = 0xffff;

inline std::uint64_t mold_sequence(Bytes payload) {
  return read_u64(payload.data() + 10);
}
inline std::uint32_t mold_count(Bytes payload) {
  return read_u16(payload.data() + 18);
}

// Its blocks fill the payload exactly.
inline bool is_mold(Bytes payload) {
  if (payload.size() < mold_head_bytes) return false;
  std::uint32_t left = mold_count(payload);
  Bytes rest = payload.subspan(mold_head_bytes);
  if (left == mold_session_end) return rest.empty();
  for (; left != 0; --left) {
    if (rest.size() < 2) return false;
    const std::size_t block = 2U + read_u16(rest.data());
    if (rest.size() < block) return false;
    rest = rest.subspan(block);
  }
  return rest.empty();
}

// One message of a known type and its right length.
inline bool is_plain(Bytes payload) {
  return !payload.empty() && payload.size() == lengths[payload[0]];
}

}  // namespace tickweir::itch
