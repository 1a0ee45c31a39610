// Parsing of host:port, and the check against DNS rebinding.
#include "runtime/admin/host_name.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace tickweir {
namespace {

// Splits at the last colon outside of brackets. False: brackets or port are not well formed.
bool split(std::string_view text, std::string_view& host, std::string_view& port) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    port = text.substr(1);
    return !port.empty();
  }
  const auto colon = text.find(':');
  if (colon != text.rfind(':')) return false;  // an IPv6 address needs brackets
  host = text.substr(0, colon);
  if (colon == std::string_view::npos) return true;
  port = text.substr(colon + 1);
  return !port.empty();
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
  std::string_view host;
  std::string_view port;
  HostPort parsed;
  if (!split(text, host, port) || host.empty() || port.empty() || !parse_port(port, parsed.port)) {
    return Error{"\"" + std::string(text) + "\" is not an address to listen on; write host:port, such as " +
                 "127.0.0.1:9464 or [::1]:9464"};
  }
  parsed.host = host;
  return parsed;
}

bool names_loopback(std::string_view host_header) {
  std::string_view host;
  std::string_view port;
  std::uint16_t number = 0;
  if (!split(host_header, host, port)) return false;
  if (!port.empty() && !parse_port(port, number)) return false;
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (name == "localhost" || name == "::1") return true;
  in_addr address{};
  return ::inet_pton(AF_INET, name.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace tickweir
