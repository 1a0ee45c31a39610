// TLS and mutual TLS between client and source_tcp: who gets in, and who does not.
#include <gtest/gtest.h>

#include "certificates.h"
#include "served_stage.h"
#include "tickweir/client.h"
#include "tickweir/client_tls.h"
#include "tickweir/market.h"

namespace tickweir {
namespace {

class Tls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = new Certificates; }
  static void TearDownTestSuite() { delete files_; }

  static testing::OptionTexts options(const char* mode) {
    return {{"listen", "127.0.0.1:0"},
            {"tls", mode},
            {"certificate", files_->certificate("source")},
            {"key", files_->key("source")},
            {"client_ca", files_->certificate("ca")}};
  }
  // `own`: the client's certificate; "" for none.
  static ClientSettings settings(const ServedStage& source, const std::string& own, std::uint32_t id = 7,
                                 const std::string& ca = "ca") {
    const TlsFiles files{.ca = files_->certificate(ca),
                         .certificate = own.empty() ? "" : files_->certificate(own),
                         .key = own.empty() ? "" : files_->key(own)};
    return {.port = source.port(), .client = id, .transport = [files](const ClientSettings& to) {
              return std::make_unique<TlsTransport>(to.host, to.port, to.timeout_ms, files);
            }};
  }
  static void expect_refused(const ClientSettings& settings) {
    Client client(settings);
    EXPECT_THROW(client.connect(), ClientError);
  }

  inline static Certificates* files_ = nullptr;
};

TEST_F(Tls, CarriesEventsAndAnswersBothWays) {
  for (const char* mode : {"on", "mutual"}) {
    Log log;
    ServedStage source(log, options(mode),
                       [](const Event& event) { return origin_number(event.origin) == 500; });
    Client client(settings(source, "client7"));
    client.connect();
    for (std::uint64_t sent = 0; sent < 20'000;) {
      sent += client.send(market::NewOrder{.order_id = sent + 1}) != 0 ? 1 : 0;
      if (!client.has_room()) client.work(10);
      if (sent == 9'999) client.connect();
    }
    EXPECT_TRUE(client.finish());
    EXPECT_EQ(client.refused(), 1U);
    source.stop();
    EXPECT_EQ(log.events.size(), 19'999U) << mode;
  }
}

TEST_F(Tls, MutualBindsTheClientIdToTheCertificate) {
  Log log;
  ServedStage source(log, options("mutual"));
  expect_refused(settings(source, "client7", 8));
  Client client(settings(source, "client7", 7));
  EXPECT_NO_THROW(client.connect());
}

TEST_F(Tls, MutualLetsNobodyInWithoutAGoodCertificate) {
  Log log;
  ServedStage source(log, options("mutual"));
  expect_refused(settings(source, ""));
  expect_refused(settings(source, "rogue7"));
  expect_refused(settings(source, "expired7"));
}

// A reset may overtake the source's words, but not each time.
TEST_F(Tls, MutualSaysWhatWasWrongWithTheCertificate) {
  Log log;
  ServedStage source(log, options("mutual"));
  std::string why;
  for (int tries = 0; tries < 1000 && why.find("certificate required") == std::string::npos; ++tries) {
    Client client(settings(source, ""));
    EXPECT_THROW(client.connect(), ClientError);
    why = client.why_ended();
  }
  EXPECT_EQ(why, "client 7: no answer to the login: tlsv13 alert certificate required");
}

TEST_F(Tls, AClientDoesNotTalkToASourceThatItsAuthorityDoesNotKnow) {
  Log log;
  ServedStage source(log, options("on"));
  expect_refused(settings(source, "", 7, "other"));
}

TEST_F(Tls, PlainBytesGetNowhere) {
  Log log;
  ServedStage source(log, options("on"));
  ClientSettings plain = settings(source, "");
  plain.transport = {};
  expect_refused(plain);
}

TEST_F(Tls, OldVersionsAreRefused) {
  Log log;
  ServedStage source(log, options("on"));
  const auto s_client = [&](const char* version) {
    return std::system(("openssl s_client -connect 127.0.0.1:" + std::to_string(source.port()) + " " +
                        version + " -cipher ALL:@SECLEVEL=0 </dev/null >/dev/null 2>&1")
                           .c_str());
  };
  EXPECT_NE(s_client("-tls1"), 0);
  EXPECT_NE(s_client("-tls1_1"), 0);
  EXPECT_EQ(s_client("-tls1_2"), 0);
  EXPECT_EQ(s_client("-tls1_3"), 0);
}

// Each connection proves who it is. TLS 1.2 has tickets of its own, which a mutual source cannot take back.
TEST_F(Tls, NobodyResumesASession) {
  const testing::TempFolder folder;
  Log log;
  ServedStage source(log, options("mutual"));
  for (const std::string version : {"-tls1_2", "-tls1_3"}) {
    const std::string saved = folder.at(version);
    const auto s_client = [&](const std::string& session) {
      return std::system(("openssl s_client -connect 127.0.0.1:" + std::to_string(source.port()) + " " +
                          version + " -cert " + files_->certificate("client7") + " -key " +
                          files_->key("client7") + " " + session + " </dev/null 2>&1 | grep -q '^New, TLS'")
                             .c_str());
    };
    EXPECT_EQ(s_client("-sess_out " + saved), 0) << version;
    if (std::filesystem::exists(saved)) {
      EXPECT_EQ(s_client("-sess_in " + saved), 0) << version;
    }
  }
}

TEST_F(Tls, AHandshakeThatStallsEndsInTime) {
  testing::Harness stage(TICKWEIR_PLUGIN_DIR "/source_tcp.so", options("on"), {.time = 1000});
  const std::string& line = stage.logs().back();
  const auto port = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
  const int silent = connect_socket("127.0.0.1", port, 1000);
  const int partial = connect_socket("127.0.0.1", port, 1000);
  const char hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};  // the beginning of a greeting
  ASSERT_EQ(::send(partial, hello, sizeof hello, 0), static_cast<ssize_t>(sizeof hello));
  while (stage.counter("connections") != 2) stage.poll();
  stage.set_time(1000 + 5'000'000'000);
  stage.poll();
  EXPECT_EQ(stage.counter("goodbyes", "login_timeout"), 2U);
  EXPECT_EQ(stage.counter("connections"), 0U);
  ::close(silent);
  ::close(partial);
}

TEST_F(Tls, NewFilesAreTakenWithoutEndingConnections) {
  const Certificates first;  // of an authority of its own
  Log log;
  ServedStage source(log, {{"listen", "127.0.0.1:0"},
                           {"tls", "on"},
                           {"certificate", first.certificate("source")},
                           {"key", first.key("source")}});
  const auto trusting = [&](const Certificates& known, std::uint32_t id) {
    ClientSettings made = settings(source, "", id);
    const TlsFiles files{.ca = known.certificate("ca")};
    made.transport = [files](const ClientSettings& to) {
      return std::make_unique<TlsTransport>(to.host, to.port, to.timeout_ms, files);
    };
    return made;
  };
  const auto replace = [](const std::string& file, const std::string& by) {
    std::filesystem::copy_file(by, file + ".new");
    std::filesystem::rename(file + ".new", file);
  };
  Client early(trusting(first, 1));
  early.connect();

  replace(first.certificate("source"), files_->certificate("source"));  // whose key has not come yet
  EXPECT_NO_THROW(Client(trusting(first, 2)).connect());
  expect_refused(trusting(*files_, 3));

  replace(first.key("source"), files_->key("source"));
  expect_refused(trusting(first, 4));
  Client late(trusting(*files_, 5));
  late.connect();
  for (Client* client : {&early, &late}) {
    EXPECT_NE(client->send(market::NewOrder{.order_id = 1}), 0U);
    EXPECT_TRUE(client->finish());
  }
  source.stop();
  EXPECT_EQ(log.events.size(), 2U);
}

TEST_F(Tls, FilesThatDoNotFitAreNamed) {
  const auto refusal = [&](const char* option, const std::string& value) {
    auto texts = options("mutual");
    for (auto& text : texts) {
      if (text.name == option) text = {option, value};
    }
    return testing::Harness::refusal(TICKWEIR_PLUGIN_DIR "/source_tcp.so", texts);
  };
  const std::string no_pem = TICKWEIR_SOURCE_DIR "/README.md";
  EXPECT_EQ(refusal("certificate", "/nowhere"), "cannot read /nowhere: No such file or directory");
  EXPECT_EQ(refusal("client_ca", "/nowhere"), "cannot read /nowhere: No such file or directory");
  EXPECT_NE(refusal("certificate", no_pem).find(no_pem + " is no PEM certificate"), std::string::npos);
  EXPECT_NE(refusal("key", no_pem).find(no_pem + " is no PEM private key"), std::string::npos);
  EXPECT_EQ(refusal("key", files_->key("client7")),
            files_->key("client7") + " does not belong to " + files_->certificate("source"));
  EXPECT_NE(refusal("client_ca", no_pem).find(no_pem + " holds no PEM"), std::string::npos);
}

TEST_F(Tls, AClientSaysWhichOfItsFilesItCannotRead) {
  Log log;
  ServedStage source(log, options("on"));
  const auto failure = [&](const TlsFiles& files) -> std::string {
    try {
      const TlsTransport made("127.0.0.1", source.port(), 1000, files);
      return "";
    } catch (const ClientError& failed) {
      return failed.what();
    }
  };
  const TlsFiles good{.ca = files_->certificate("ca"),
                      .certificate = files_->certificate("client7"),
                      .key = files_->key("client7")};
  const std::string nowhere = "cannot read /nowhere: No such file or directory";
  EXPECT_EQ(failure(good), "");
  EXPECT_EQ(failure({.ca = "/nowhere", .certificate = "", .key = ""}), nowhere);
  EXPECT_EQ(failure({.ca = good.ca, .certificate = "/nowhere", .key = good.key}), nowhere);
  EXPECT_EQ(failure({.ca = good.ca, .certificate = good.certificate, .key = "/nowhere"}), nowhere);
  const std::string no_pem = TICKWEIR_SOURCE_DIR "/README.md";
  EXPECT_EQ(failure({.ca = good.ca, .certificate = no_pem, .key = good.key}),
            "cannot use " + no_pem + ": no start line");
}

}  // namespace
}  // namespace tickweir
