// Addresses to listen on, and hosts that requests may be meant for.
#include "runtime/admin/host_name.h"

#include <gtest/gtest.h>

namespace tickweir {
namespace {

TEST(HostPort, IsParsed) {
  auto ipv4 = parse_host_port("127.0.0.1:9464");
  ASSERT_TRUE(ipv4);
  EXPECT_EQ(ipv4->host, "127.0.0.1");
  EXPECT_EQ(ipv4->port, 9464);
  auto ipv6 = parse_host_port("[::1]:0");
  ASSERT_TRUE(ipv6);
  EXPECT_EQ(ipv6->host, "::1");
  EXPECT_EQ(ipv6->port, 0);
}

TEST(HostPort, IsRefusedWhenNotWellFormed) {
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", ":80", "::1:80", "[::1]", "[::1", "[::1]80",
                           "a:65536", "a:-1", "a:80x", "a: 80"}) {
    EXPECT_FALSE(parse_host_port(text)) << text;
  }
}

TEST(HostHeader, OfThisMachineIsAccepted) {
  for (const char* host :
       {"localhost", "LocalHost:9464", "127.0.0.1", "127.0.0.1:80", "127.8.9.1:1", "[::1]", "[::1]:9464"}) {
    EXPECT_TRUE(names_loopback(host)) << host;
  }
}

TEST(HostHeader, OfAnotherNameIsRefused) {
  for (const char* host :
       {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1:9464",
        "localhost:x", "localhost:", "[::2]", "[::1]x", "::1", "127.1", "128.0.0.1"}) {
    EXPECT_FALSE(names_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace tickweir
