namespace QueueService.Server.Tests.Faults;

/// <summary>The auditor of R7 must itself catch the traces that it is there for.</summary>
public sealed class SyncAuditTests
{
    private const string Request =
        """7 1.0 recvmsg(9<socket:[5]>, {msg_iov=[{iov_base="POST /v1/queues\r\n\r\naudit-000001"}]}, 0) = 37""";

    private const string Write =
        """8 1.1 pwritev(4</data/journal/1>, [{iov_base="\1\0audit-000001", iov_len=4096}], 1, 8192) = 4096""";

    private const string Sync = """8 1.2 fdatasync(4</data/journal/1>) = 0""";

    private const string Reply =
        """7 1.3 sendmsg(9<socket:[5]>, {msg_iov=[{iov_base="HTTP/1.1 201 Created\r\n"}]}, MSG_NOSIGNAL) = 200""";

    [Fact]
    public void A_reply_after_its_sync_is_fine()
    {
        SyncAudit audit = Audit(Request, Write, Sync, Reply);
        Assert.Empty(audit.Violations);
        Assert.Equal(1, audit.Replies);
    }

    [Fact]
    public void Calls_that_other_threads_interrupt_are_joined() => AssertDurable(
        Request,
        """8 1.1 pwritev(4</data/journal/1>, [{iov_base="\1\0audit-000001", iov_len=4096}], 1, 8192 <unfinished ...>""",
        """7 1.1 recvmsg(9<socket:[5]>,  <unfinished ...>""",
        """8 1.2 <... pwritev resumed>) = 4096""",
        """8 1.2 fdatasync(4</data/journal/1> <unfinished ...>""",
        """7 1.2 <... recvmsg resumed>{msg_iov=[{iov_base="PUT"}]}, 0) = 3""",
        """8 1.3 <... fdatasync resumed>) = 0""",
        Reply);

    [Fact]
    public void A_refusal_confirms_nothing()
    {
        SyncAudit audit = Audit(Request, Reply.Replace("201", "503", StringComparison.Ordinal));
        Assert.Empty(audit.Violations);
        Assert.Equal(0, audit.Replies);
    }

    [Fact]
    public void A_reply_without_a_sync_is_caught() => AssertCaught(Request, Write, Reply);

    [Fact]
    public void A_reply_before_its_sync_is_caught() => AssertCaught(Request, Write, Reply, Sync);

    [Fact]
    public void A_reply_that_leaves_while_the_sync_still_runs_is_caught() => AssertCaught(
        Request, Write, """8 1.2 fdatasync(4</data/journal/1> <unfinished ...>""", Reply,
        """8 1.3 <... fdatasync resumed>) = 0""");

    [Fact]
    public void A_sync_that_began_before_the_write_was_done_covers_nothing() => AssertCaught(
        Request, """8 1.1 fdatasync(4</data/journal/1> <unfinished ...>""",
        Write.Replace("8 1.1", "6 1.1", StringComparison.Ordinal),
        """8 1.2 <... fdatasync resumed>) = 0""", Reply);

    [Fact]
    public void A_sync_of_another_file_covers_nothing() => AssertCaught(
        Request, Write, Sync.Replace("journal/1", "journal/2", StringComparison.Ordinal), Reply);

    [Fact]
    public void A_failed_sync_covers_nothing() => AssertCaught(
        Request, Write, """8 1.2 fdatasync(4</data/journal/1>) = -1 EIO (Input/output error) (INJECTED)""", Reply);

    [Fact]
    public void A_failed_write_covers_nothing() => AssertCaught(
        Request, Write.Replace("= 4096", "= -1 ENOSPC (No space left on device)", StringComparison.Ordinal), Sync,
        Reply);

    [Fact]
    public void The_sync_of_another_message_covers_nothing() => AssertCaught(
        Request, Write.Replace("audit-000001", "audit-000002", StringComparison.Ordinal), Sync, Reply);

    private static void AssertCaught(params string[] trace) => Assert.Single(Audit(trace).Violations);

    private static void AssertDurable(params string[] trace) => Assert.Empty(Audit(trace).Violations);

    private static SyncAudit Audit(params string[] trace) => new(SystemCallTrace.Parse(trace));
}
