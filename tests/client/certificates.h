// Certificates for tests, made by the openssl program: two authorities, a source, clients good and bad.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tickweir/testing_folder.h"

namespace tickweir {

class Certificates {
 public:
  Certificates() {
    make_authority("ca");
    make_authority("other");
    make("source", "ca", "source", "-days 2 -extfile " + folder_.at("names"));
    make("client7", "ca", "7", "-days 2");
    make("rogue7", "other", "7", "-days 2");
    make("expired7", "ca", "7", "-days -1");
  }

  [[nodiscard]] std::string certificate(const std::string& name) const { return folder_.at(name) + ".pem"; }
  [[nodiscard]] std::string key(const std::string& name) const { return folder_.at(name) + ".key"; }

 private:
  static constexpr const char* fresh_key = " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";

  void run(const std::string& words) const {
    const std::string command = "cd " + folder_.path().string() + " && openssl " + words + " 2>>log";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  }
  void make_authority(const std::string& name) const {
    run("req -x509" + std::string(fresh_key) + "-days 2 -subj /CN=" + name + " -keyout " + name +
        ".key -out " + name + ".pem");
  }
  void make(const std::string& name, const std::string& authority, const std::string& common_name,
            const std::string& more) const {
    if (name == "source" &&
        std::system(("echo subjectAltName=IP:127.0.0.1 > " + folder_.at("names")).c_str()) != 0) {
      throw std::runtime_error("cannot write to " + folder_.path().string());
    }
    run("req" + std::string(fresh_key) + "-subj /CN=" + common_name + " -keyout " + name + ".key -out " +
        name + ".csr");
    run("x509 -req -in " + name + ".csr -CA " + authority + ".pem -CAkey " + authority +
        ".key -CAcreateserial " + more + " -out " + name + ".pem");
  }

  testing::TempFolder folder_;
};

}  // namespace tickweir
