{
  "targets": [
    {
      "target_name": "addon",
      "sources": [
        "native/binding.cc",
        "native/connections/count.cc",
        "native/connections/destroy.cc",
        "native/conntrack/dnat_flow.cc",
        "native/conntrack/tcp_timeouts.cc",
        "native/conntrack/tracker.cc",
        "native/inet/local_addresses.cc",
        "native/inet/port_set.cc",
        "native/inet_diag/tcp_socket.cc",
        "native/iptables/chain.cc",
        "native/iptables/legacy_chain.cc",
        "native/iptables/legacy_entries.cc",
        "native/iptables/nft_chain.cc",
        "native/netlink/error.cc",
        "native/netlink/socket.cc",
        "native/nftables/attribute_match.cc",
        "native/nftables/definition.cc",
        "native/nftables/drain_table.cc",
        "native/nftables/expressions.cc",
        "native/nftables/features.cc",
        "native/nftables/intervals.cc",
        "native/nftables/messages.cc",
        "native/nftables/monitor.cc",
        "native/nftables/ruleset.cc",
        "native/nftables/table_reader.cc",
        "native/nftables/transaction.cc",
        "native/process/lock_file.cc",
        "native/process/pipe.cc",
        "native/systemd/notify.cc"
      ],
      "include_dirs": ["native"],
      "dependencies": ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except"],
      "defines": ["NAPI_VERSION=8"],
      "cflags": ["-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++17", "-fvisibility-inlines-hidden"],
      "libraries": ["-lnftnl", "-lmnl", "-Wl,-rpath,'$$ORIGIN'", "-Wl,-z,relro,-z,now"]
    }
  ]
}
