// What the options of source_tcp say, checked.
//
// Errors: OptionError, which names the option.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frame_check.h"
#include "tickweir/options.h"

namespace tickweir::tcp {

enum class TlsMode : std::int64_t { off, on, mutual };

struct Address {
  sockaddr_storage raw{};
  socklen_t bytes = 0;
};

// "127.0.0.1:7001" or "[::1]:7001"; nothing if it is neither. Port 0: any free one.
[[nodiscard]] inline std::optional<Address> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  std::string host = text.substr(0, colon);
  Address address;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) != 1) return std::nullopt;
    std::memcpy(&address.raw, &six, sizeof six);
    address.bytes = sizeof six;
  } else {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) != 1) return std::nullopt;
    std::memcpy(&address.raw, &four, sizeof four);
    address.bytes = sizeof four;
  }
  return address;
}

[[nodiscard]] inline bool is_loopback(const Address& address) {
  if (address.raw.ss_family == AF_INET6) {
    sockaddr_in6 six;
    std::memcpy(&six, &address.raw, sizeof six);
    return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
  }
  sockaddr_in four;
  std::memcpy(&four, &address.raw, sizeof four);
  return (ntohl(four.sin_addr.s_addr) >> 24) == 127;
}

// The same host, whatever the port.
[[nodiscard]] inline bool same_host(const Address& one, const Address& other) {
  if (one.raw.ss_family != other.raw.ss_family) return false;
  if (one.raw.ss_family == AF_INET6) {
    sockaddr_in6 a, b;
    std::memcpy(&a, &one.raw, sizeof a);
    std::memcpy(&b, &other.raw, sizeof b);
    return std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof a.sin6_addr) == 0;
  }
  sockaddr_in a, b;
  std::memcpy(&a, &one.raw, sizeof a);
  std::memcpy(&b, &other.raw, sizeof b);
  return a.sin_addr.s_addr == b.sin_addr.s_addr;
}

// "127.0.0.1:7001"
[[nodiscard]] inline std::string text_of(const Address& address) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (address.raw.ss_family == AF_INET6) {
    sockaddr_in6 six;
    std::memcpy(&six, &address.raw, sizeof six);
    ::inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof host);
    return "[" + std::string(host) + "]:" + std::to_string(ntohs(six.sin6_port));
  }
  sockaddr_in four;
  std::memcpy(&four, &address.raw, sizeof four);
  ::inet_ntop(AF_INET, &four.sin_addr, host, sizeof host);
  return std::string(host) + ":" + std::to_string(ntohs(four.sin_port));
}

struct Settings {
  std::string listen;
  Address address;
  std::string clients_file;
  std::uint32_t clients_max = 0;
  std::uint32_t connections_max = 0;
  std::uint32_t connections_per_address_max = 0;
  std::uint32_t frame_bytes_max = 0;
  std::uint64_t login_timeout = 0;  // ns
  std::uint64_t min_rate = 0;       // bytes a second; 0: any
  std::uint64_t reply_bytes_max = 0;
  bool cancels_on_disconnect = false;
  TlsMode tls = TlsMode::off;
  std::string certificate, key, client_ca;
  std::vector<AcceptedEvent> accepted;
};

// "256" or "256:64"
[[nodiscard]] inline AcceptedEvent parse_accepted(const std::string& text) {
  AcceptedEvent found;
  const char* const end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, found.type);
  if (parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == ':') {
    parsed = std::from_chars(parsed.ptr + 1, end, found.size);
    if (found.size < sizeof(Event) || found.size % event_alignment != 0)
      parsed.ec = std::errc::invalid_argument;
  }
  if (parsed.ec != std::errc() || parsed.ptr != end || found.type < TICKWEIR_EVENT_FIRST_PAYLOAD) {
    throw OptionError("accept", "\"" + text +
                                    "\" is no event type, expected a number from 256 on, or with the size "
                                    "of the whole event, such as 256:64");
  }
  return found;
}

inline void check_safety(const Settings& settings, bool is_insecure) {
  const bool is_local = is_loopback(settings.address);
  if (settings.tls == TlsMode::off && !is_local && !is_insecure) {
    throw OptionError("listen", "\"" + settings.listen +
                                    "\" can be reached from other machines, and `tls` is off; set "
                                    "`tls` to on or mutual, or `insecure: true` if the network is trusted");
  }
  const bool anybody = settings.clients_file.empty() && settings.tls != TlsMode::mutual;
  if (anybody && !is_local && !is_insecure) {
    throw OptionError("clients",
                      "is empty, so anybody who reaches \"" + settings.listen +
                          "\" may log in; give a file "
                          "of clients, set `tls` to mutual, or `insecure: true` if the network is trusted");
  }
  if (settings.tls != TlsMode::off && (settings.certificate.empty() || settings.key.empty())) {
    throw OptionError(settings.certificate.empty() ? "certificate" : "key",
                      "is empty, and `tls` needs a PEM file");
  }
  if (settings.tls == TlsMode::mutual && settings.client_ca.empty()) {
    throw OptionError("client_ca",
                      "is empty, and `tls: mutual` needs the certificates that sign those of clients");
  }
  if (settings.tls == TlsMode::off && !settings.certificate.empty()) {
    throw OptionError("certificate", "is given, but `tls` is off");
  }
  constexpr std::uint64_t memory_max = std::uint64_t{64} << 30;
  if (settings.connections_max * (settings.reply_bytes_max + settings.frame_bytes_max) > memory_max) {
    throw OptionError("max_connections",
                      std::to_string(settings.connections_max) + " connections with " +
                          std::to_string(settings.reply_bytes_max + settings.frame_bytes_max) +
                          " bytes each are more than 64 GiB; lower one of the limits");
  }
}

[[nodiscard]] inline Settings read_settings(const Options& given) {
  const auto count = [&](const char* name) { return static_cast<std::uint32_t>(given.integer(name)); };
  Settings settings{.listen = given.text("listen"),
                    .address = {},
                    .clients_file = given.text("clients"),
                    .clients_max = count("max_clients"),
                    .connections_max = count("max_connections"),
                    .connections_per_address_max = count("max_connections_per_address"),
                    .frame_bytes_max = static_cast<std::uint32_t>(given.size("max_frame")),
                    .login_timeout = static_cast<std::uint64_t>(given.duration("login_timeout")),
                    .min_rate = static_cast<std::uint64_t>(given.size("min_rate")),
                    .reply_bytes_max = static_cast<std::uint64_t>(given.size("ack_backlog")),
                    .cancels_on_disconnect = given.boolean("cancel_on_disconnect"),
                    .tls = given.choice<TlsMode>("tls"),
                    .certificate = given.text("certificate"),
                    .key = given.text("key"),
                    .client_ca = given.text("client_ca"),
                    .accepted = {}};
  const auto address = parse_address(settings.listen);
  if (!address) {
    throw OptionError("listen", "\"" + settings.listen +
                                    "\" is no address, expected IP:PORT such as 127.0.0.1:7001 or "
                                    "[::1]:7001");
  }
  settings.address = *address;
  if (settings.frame_bytes_max % event_alignment != 0) {
    throw OptionError("max_frame", std::to_string(settings.frame_bytes_max) + " is no multiple of 8");
  }
  for (const std::string& text : given.text_list("accept")) settings.accepted.push_back(parse_accepted(text));
  check_safety(settings, given.boolean("insecure"));
  return settings;
}

}  // namespace tickweir::tcp
