using System.Threading.Tasks.Sources;
using QueueService.Broker.Topics;

namespace QueueService.Server.Topics.Live;

/// <summary>Where a reader of a topic is, and what it waits with: nothing is allocated for a wait.</summary>
internal sealed class FeedPlace(TopicCursor cursor, bool isFiltered) : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _wait = new() { RunContinuationsAsynchronously = true };
    private bool _isWaiting;

    /// <summary>How far was read.</summary>
    public TopicCursor Cursor { get; set; } = cursor;

    public bool IsFiltered => isFiltered;

    /// <summary>The number of the feed's event that comes next.</summary>
    public long Next { get; set; }

    /// <summary>Since it joined, the reader is ahead of the feed in some lanes: what it has read comes again, and the
    /// ids of the feed are not its own.</summary>
    public bool IsAhead { get; set; }

    /// <summary>In the feed's list of readers; negative when it is not.</summary>
    public int Index { get; set; } = -1;

    /// <summary>The client has gone: do not wait.</summary>
    public bool IsGone { get; set; }

    /// <summary>When something was sent, as a timestamp.</summary>
    public long SentAt { get; set; }

    /// <summary>Under the feed's lock, as is <see cref="Wake"/>.</summary>
    public ValueTask<bool> Wait()
    {
        _isWaiting = true;
        _wait.Reset();
        return new ValueTask<bool>(this, _wait.Version);
    }

    /// <summary>Ends the wait, if there is one.</summary>
    /// <param name="isIdle">It is time for a heartbeat.</param>
    public void Wake(bool isIdle)
    {
        if (!_isWaiting) return;
        _isWaiting = false;
        _wait.SetResult(isIdle);
    }

    public bool GetResult(short token) => _wait.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _wait.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
