using QueueService.Testing;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>Draws operations from a seed and does them on a store and on the model alike.</summary>
internal sealed class Workload(SeededRandom random, History history)
{
    private uint _lastResource;

    /// <summary>How many resources there are at most.</summary>
    public int MaxResources { get; init; } = 6;

    /// <summary>Shard time, Unix milliseconds.</summary>
    public long Time { get; private set; } = 1_000_000;

    public void Step(StoreLife life)
    {
        Time += random.Chance(1, 40) ? 31_000 : random.Next(200);
        switch (random.Next(100))
        {
            case < 3:
                life.Store.CheckpointNow(Time);
                break;
            case < 6:
                life.Store.SyncPending();
                break;
            case < 12:
                ReadOne(life);
                break;
            default:
                Commit(life, sync: random.Chance(9, 10));
                break;
        }

        history.NoteCommit(allSynced: !life.Store.HasUnsynced);
        if (random.Chance(9, 10))
            life.Store.Housekeep(Time);
    }

    private void Commit(StoreLife life, bool sync)
    {
        var frames = new List<ModelFrame>();
        for (int frame = random.Next(4); frame >= 0; frame--)
        {
            var records = new List<ModelRecord>();
            for (int record = random.Next(3); record >= 0; record--)
            {
                var drawn = Draw();
                records.Add(drawn);
                history.Now.Apply(new ModelFrame(Time, [drawn]));
            }

            frames.Add(new ModelFrame(Time, records));
            history.Add(frames[^1]);
        }

        life.Commit(frames, sync);
    }

    private ModelRecord Draw()
    {
        var resources = history.Now.Resources;
        if (resources.Count == 0 || (resources.Count < MaxResources && random.Chance(1, 20)))
        {
            _lastResource = Math.Max(_lastResource, resources.Count > 0 ? resources.Keys.Last() : 0) + 1;
            return StoreLife.Create(_lastResource, stream: random.Chance(1, 3));
        }

        uint id = resources.Keys.ElementAt(random.Next(resources.Count));
        var resource = resources[id];
        long unacknowledged = resource.End - resource.Floor;
        return random.Next(100) switch
        {
            < 1 => StoreLife.Delete(id),
            < 2 => StoreLife.Skip(id, resource.End + 1 + random.Next(random.Chance(1, 2) ? 20 : 3000)),
            < 4 when unacknowledged > 0 => StoreLife.Trim(id, resource.Floor + random.Next((int)unacknowledged + 1)),
            < 40 when unacknowledged > 0 && !resource.IsStream => StoreLife.Terminal(
                id, random.Chance(1, 2) ? resource.Floor : resource.Floor + random.Next((int)unacknowledged)),
            _ => StoreLife.Append(id, Body()),
        };
    }

    private byte[] Body()
    {
        int size = random.Next(100) switch
        {
            < 5 => 0,
            < 70 => random.Next(200),
            < 90 => random.Next(2_000),
            < 99 => random.Next(12_000),
            _ => random.Next(70_000),
        };
        byte[] body = new byte[size];
        random.Fill(body);
        return body;
    }

    private void ReadOne(StoreLife life)
    {
        var resources = history.Now.Resources;
        if (resources.Count == 0)
            return;
        uint id = resources.Keys.ElementAt(random.Next(resources.Count));
        var resource = resources[id];
        if (resource.End == resource.Floor)
            return;
        long offset = resource.Floor + random.Next((int)(resource.End - resource.Floor));
        if (!resource.IsNeeded(offset))
            return;
        var actual = life.Read(id, offset);
        Assert.True(actual is not null, $"Record {offset} of resource {id} is lost.");
        Assert.Equal(resource.Records[(int)offset].Payload, actual.Value.Payload);
    }
}
