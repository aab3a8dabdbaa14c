// sluice audit verify, receipt and heads: the proof of what was recorded.

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "audit/receipt.h"
#include "audit/verify.h"
#include "base/encoding.h"
#include "cli/owner_session.h"
#include "cli/text_file.h"
#include "cli/values.h"
#include "crypto/signing_key.h"

namespace sluice::cli {
namespace {

using Kind = Parameter::Kind;

constexpr std::size_t kMaxHeadsBytes = 256 << 20;
constexpr std::size_t kMaxReceiptBytes = 2 * audit::kMaxRecordBytes;

constexpr char kVerifyNotes[] =
    "Reads the journal of the data directory, or another one, and checks that every record is\n"
    "whole, in its place and in the signed Merkle tree. Exits with 1 if anything is wrong. The\n"
    "server is asked for its key, and for a head that it signs now, unless --key is given. Keep\n"
    "both elsewhere: with --key and --heads, nobody can cut the journal or write it anew\n"
    "unnoticed, not even who has the server. tools/audit_verify.py does the same without Sluice.\n"
    "Examples:\n"
    "  sluice audit verify\n"
    "  sluice audit verify --key HEX --heads kept-elsewhere.jsonl\n"
    "  sluice audit verify --key HEX --receipt receipt.json     the receipt alone\n";

constexpr char kHeadsNotes[] =
    "A line of JSON for each server: how many records it had, the root of their tree, when, the\n"
    "signature and the public key. Keep them where the server's administrators cannot write.\n"
    "Example:\n"
    "  sluice audit heads >> kept-elsewhere.jsonl\n";

Result<crypto::VerifyKey> KeyOf(const std::string& hex) {
  const auto bytes = HexDecode(hex);
  auto key = crypto::VerifyKey::FromBytes(bytes.ok() ? *bytes : "");
  if (!key.ok()) {
    return InvalidArgument("--key: expected {} hex digits", 2 * crypto::PublicKeyBytes().size());
  }
  return key;
}

/// What to hold a journal against.
struct Witness {
  std::vector<crypto::VerifyKey> keys;
  std::vector<audit::TreeHead> heads;
};

/// The keys that the server signs with and signed with before, and the heads of its own log.
Result<Witness> AskServer(const Session& session) {
  AdminAddress address = TRY(FindServer(session.arguments, session.terminal.environment));
  AdminClient server = TRY(AdminClient::New(std::move(address)));
  const json::value answer = TRY(server.Get("/audit/heads"));
  std::vector<json::value> heads = {json::value(ObjectIn(answer, "current"))};
  for (const json::value& head : ArrayIn(answer, "items")) heads.push_back(head);
  const std::string own_node = TextOf(heads.front(), "node");
  if (own_node.empty()) heads.erase(heads.begin());  // it records nothing
  Witness witness;
  for (const json::value& head : heads) {
    witness.keys.push_back(TRY(KeyOf(TextOf(head, "publicKey"))));
    if (TextOf(head, "node") == own_node) {
      witness.heads.push_back(TRY(audit::ReadTreeHead(head)));
    }
  }
  return witness;
}

Result<std::vector<audit::TreeHead>> ReadHeads(const std::vector<std::string>& paths) {
  std::vector<audit::TreeHead> heads;
  for (const std::string& path : paths) {
    const std::string text = TRY(ReadTextFile(path, kMaxHeadsBytes));
    std::size_t number = 0;
    for (const std::string_view line : audit::SplitHeads(text).lines) {
      ++number;
      auto head = audit::DecodeTreeHead(line);
      if (!head.ok()) return InvalidArgument("{}:{}: {}", path, number, head.error().message);
      heads.push_back(std::move(head).value());
    }
  }
  return heads;
}

/// Prints what is wrong with the journal, or that it is right.
Result<bool> VerifyRecords(const Session& session, const Witness& witness) {
  const Arguments& given = session.arguments;
  audit::JournalToVerify journal{.directory = given.Text("--journal"),
                                 .keys = witness.keys,
                                 .gathered = TRY(ReadHeads(given.All("--heads")))};
  if (journal.directory.empty()) {
    journal.directory = DataDirectoryOf(given, session.terminal.environment) + "/audit";
    std::ranges::copy(witness.heads, std::back_inserter(journal.gathered));
  }
  const audit::VerifyReport report = TRY(audit::VerifyJournal(journal));
  std::ostream& out = session.terminal.out;
  for (const std::string& finding : report.findings) out << finding << '\n';
  for (const std::string& remark : report.remarks) out << remark << '\n';
  if (!report.findings.empty()) return false;
  out << Format("records {} to {} are whole and in their place; signed heads that agree: {}\n",
                report.first, report.size - 1, report.heads);
  return true;
}

Result<bool> VerifyReceipts(const Session& session, const std::vector<crypto::VerifyKey>& keys) {
  bool all_hold = true;
  for (const std::string& path : session.arguments.All("--receipt")) {
    const std::string text = TRY(ReadTextFile(path, kMaxReceiptBytes));
    const auto receipt = audit::DecodeReceipt(text);
    const Result<void> held =
        receipt.ok() ? audit::VerifyReceipt(*receipt, keys) : Result<void>(receipt.error());
    all_hold = all_hold && held.ok();
    session.terminal.out << Format("{}: {}\n", path,
                                   held.ok()
                                       ? Format("record {} of {} stands in the log as it is here",
                                                receipt->sequence, receipt->head.node)
                                       : held.error().message);
  }
  return all_hold;
}

Result<int> Verify(const Session& session) {
  const Arguments& given = session.arguments;
  Witness witness;
  for (const std::string& text : given.All("--key")) witness.keys.push_back(TRY(KeyOf(text)));
  if (witness.keys.empty()) witness = TRY(AskServer(session));
  const bool receipts_hold = TRY(VerifyReceipts(session, witness.keys));
  const bool is_about_records =
      given.Has("--journal") || given.Has("--heads") || !given.Has("--receipt");
  bool records_hold = true;
  if (is_about_records) records_hold = TRY(VerifyRecords(session, witness));
  return receipts_hold && records_hold ? kSuccess : kFailure;
}

Result<int> ShowReceipt(OwnerSession& session) {
  const std::string path = "/audit/receipts" + PathPart(session.arguments.Text("REQUEST"));
  session.out() << TRY(session.server.GetText(path));
  return kSuccess;
}

/// The latest of each server, by name.
Result<int> ShowHeads(OwnerSession& session) {
  const json::value answer = TRY(session.server.Get("/audit/heads?limit=1000"));
  std::map<std::string, json::value> latest;
  const json::value current(ObjectIn(answer, "current"));
  if (const std::string node = TextOf(current, "node"); !node.empty()) latest[node] = current;
  for (const json::value& head : ArrayIn(answer, "items")) {
    latest.emplace(TextOf(head, "node"), head);  // newest first
  }
  for (const auto& [node, head] : latest) session.out() << json::serialize(head) << '\n';
  return kSuccess;
}

}  // namespace

std::vector<Command> ProofCommands() {
  return {
      {.path = "audit verify",
       .about = "Prove that no record was changed or taken away.",
       .notes = kVerifyNotes,
       .parameters = {{.name = "--journal", .help = "Its folder", .value_name = "FOLDER"},
                      {.name = "--key",
                       .help = "The node's public key in hex; several after a rotation",
                       .kind = Kind::kMany,
                       .value_name = "HEX"},
                      {.name = "--heads",
                       .help = "Heads that were kept elsewhere, a line each",
                       .kind = Kind::kMany,
                       .value_name = "FILE"},
                      {.name = "--receipt",
                       .help = "A receipt, which is checked instead of the journal",
                       .kind = Kind::kMany,
                       .value_name = "FILE"},
                      {.name = "--data-dir", .help = "Of the server", .value_name = "DIR"},
                      {.name = "--server",
                       .help = "Whom to ask for key and head: URL of the owner's listener",
                       .value_name = "URL"}},
       .run = Verify},
      OwnerCommand({.path = "audit receipt",
                    .about = "Print the proof that a request was recorded.",
                    .parameters = {{.name = "REQUEST",
                                    .help = "X-Request-Id of its answer",
                                    .kind = Kind::kRequired}}},
                   ShowReceipt),
      OwnerCommand({.path = "audit heads",
                    .about = "Print the latest signed head of each server's log.",
                    .notes = kHeadsNotes},
                   ShowHeads),
  };
}

}  // namespace sluice::cli
