namespace QueueService.Storage.Tests.Recovery;

/// <summary>All frames that were ever written, which of them must survive a crash, and the state that they make.
/// </summary>
internal sealed class History
{
    private readonly List<ModelFrame> _frames = [];

    /// <summary>The state after all frames.</summary>
    public NaiveModel Now { get; private set; } = new();

    /// <summary>Frames that have to be there also after a power cut: a sync that returned covers them.</summary>
    public int Synced { get; private set; }

    /// <summary>Frames that have to be there: their commit returned, and no power cut came before their sync.
    /// </summary>
    public int Committed { get; private set; }

    /// <summary>Notes a frame whose records were applied to <see cref="Now"/> already.</summary>
    public void Add(ModelFrame frame) => _frames.Add(frame);

    public void NoteCommit(bool allSynced)
    {
        Committed = _frames.Count;
        if (allSynced)
            Synced = Committed;
    }

    /// <summary>The power was cut.</summary>
    public void LoseUnsynced() => Committed = Synced;

    /// <summary>Checks that a store holds a prefix of the history that is long enough, and continues from there.
    /// </summary>
    public void Continue(StoreLife life)
    {
        int found = (int)(life.Store.NextSequence - 1);
        Assert.True(found >= Committed, $"{Committed} frames were promised, and only {found} are there.");
        Assert.True(found <= _frames.Count, $"{_frames.Count} frames were written, and {found} are there.");
        _frames.RemoveRange(found, _frames.Count - found);
        Now = new NaiveModel();
        foreach (var frame in _frames)
            Now.Apply(frame);
        life.AssertIs(Now);
        long time = _frames.Count > 0 ? _frames[^1].Time : 0;
        Assert.True(life.Store.RecoveredTime >= time, $"The time went back from {time} to {life.Store.RecoveredTime}.");
        Committed = Synced = found;
    }
}
