// Host names and addresses as plain text: what the admin server is told to listen on, and what a request
// says it was meant for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/result.h"

namespace tickweir {

struct HostPort {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};

// "127.0.0.1:9464", "[::1]:0", "localhost:80".
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

// Whether a request's Host header names this machine's loopback: localhost, 127.x.x.x or [::1], with any
// port or none. A page of another site that points its own name at 127.0.0.1 does not.
[[nodiscard]] bool names_loopback(std::string_view host_header);

}  // namespace tickweir
