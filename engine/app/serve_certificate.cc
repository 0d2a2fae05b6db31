#include "app/serve_certificate.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

namespace ringstorm {
namespace {

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{path, std::string("it cannot be read: ") + std::strerror(errno), ""};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// "[::1]:0" -> "::1".
std::string host_of(std::string_view listen) {
  std::string_view host = listen.substr(0, listen.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

Result<Descriptor> memory_file(const std::string& text) {
  Descriptor file(::memfd_create("ringstorm-certificate", MFD_CLOEXEC));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return Error{"certificate", std::string("it cannot be kept in memory: ") + std::strerror(errno), ""};
  return file;
}

}  // namespace

Result<ServeCertificate> read_certificate(const std::string& certificate_path, const std::string& key_path) {
  auto certificate = read_file(certificate_path);
  auto key = read_file(key_path);
  std::vector<Error> errors;
  for (const auto* read : {&certificate, &key}) {
    if (!*read) errors.push_back(read->error());
  }
  if (!errors.empty()) return errors;
  return ServeCertificate{{std::move(*certificate), std::move(*key)}, certificate_path};
}

Result<ServeCertificate> make_own_certificate(const std::string& listen) {
  CertificateTerms terms;
  terms.hosts = {"localhost", "127.0.0.1", "::1"};
  const std::string host = host_of(listen);
  if (std::find(terms.hosts.begin(), terms.hosts.end(), host) == terms.hosts.end())
    terms.hosts.push_back(host);
  auto identity = make_certificate(terms);
  if (!identity) return identity.errors();
  auto memory = memory_file(identity->certificate);
  if (!memory) return memory.errors();
  const std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(memory->get());
  return ServeCertificate{std::move(*identity), path, std::move(*memory)};
}

}  // namespace ringstorm
