using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Compaction;

public sealed class CompactionCrashTests
{
    [Fact]
    public void A_crash_at_any_change_of_the_disk_loses_no_newest_value_and_brings_none_back()
    {
        int changes = 0;
        bool died = true;
        for (; died; changes++)
        {
            foreach (bool cutsPower in new[] { true, false })
            {
                using var log = new KeyedLog();
                Fill(log);
                log.Disk.DieAfter(changes);
                Work(log);
                died = log.IsDead();
                ulong seed = (ulong)changes;
                log.Restart(disk => cutsPower ? disk.PowerCut(seed) : disk.KillProcess());
                log.Check();
                log.Time += KeyedLog.Lag;
                Assert.Null(log.Compact()!.Failure);
                log.Check();
                log.Checkpoints(3);
                log.Restart(disk => disk.PowerCut(seed));
                log.Check();
                Assert.DoesNotContain(log.Files(), static name => name.Split('.').Length < 3);
            }
        }

        Assert.True(changes > 40, $"{changes} changes.");
    }

    [Fact]
    public void Over_many_lives_reading_everything_gives_the_newest_value_of_each_key() =>
        Seeds.RunAll(ci: 400, soak: 20_000, seed =>
        {
            var random = new SeededRandom(seed);
            using var log = new KeyedLog();
            for (int life = 0; life < 6; life++)
            {
                Live(log, random);
                log.Restart(disk => random.Chance(1, 2) ? disk.PowerCut(random.Next()) : disk.KillProcess());
                log.Check();
            }

            log.Time += KeyedLog.Lag;
            log.Compact();
            log.Check();
        });

    private static void Live(KeyedLog log, SeededRandom random)
    {
        for (int step = random.Next(12); step > 0; step--)
        {
            switch (random.Next(6))
            {
                case 0:
                    log.Time += random.Next((int)KeyedLog.Lag * 2);
                    break;
                case 1:
                    log.Time += KeyedLog.TombstoneAge;
                    break;
                case 2:
                    log.Compact(seals: random.Chance(3, 4));
                    log.Check();
                    break;
                case 3 when random.Chance(1, 2):
                    Interleave(log, random);
                    break;
                case 3:
                    log.Checkpoints(1 + random.Next(3));
                    break;
                default:
                    int keys = 1 + random.Next(30);
                    for (int i = random.Next(150); i > 0; i--) log.Append((random.Next(keys), random.Chance(1, 6)));
                    break;
            }
        }

        // The process ends in the middle of a pass, of a checkpoint, or of nothing.
        if (random.Chance(1, 3)) return;
        log.Time += KeyedLog.Lag;
        log.Disk.DieAfter(random.Next(60));
        Work(log);
    }

    /// <summary>Checkpoints begin and go on in the middle of a pass.</summary>
    private static void Interleave(KeyedLog log, SeededRandom random)
    {
        if (!log.Store.IsCompacting)
            log.Store.TryCompact(log.Log, log.Request() with { SealsTail = true }, static _ => { });
        for (int turn = random.Next(60); turn > 0; turn--)
        {
            if (random.Chance(1, 10)) log.Time += 31_000;
            log.Store.Housekeep(log.Time);
            if (random.Chance(1, 20)) log.Append((random.Next(20), random.Chance(1, 6)));
        }

        log.Check();
    }

    private static void Fill(KeyedLog log)
    {
        for (int round = 0; round < 40; round++)
            for (int key = 0; key < 8; key++) log.Append((key, (round + key) % 9 == 0));
        log.Checkpoints(2);
        log.Time += KeyedLog.TombstoneAge;
        log.Compact();
        log.Checkpoints(2);
        for (int round = 0; round < 20; round++)
            for (int key = 0; key < 8; key++) log.Append((key, (round + key) % 9 == 0));
        log.Time += KeyedLog.TombstoneAge;
    }

    private static void Work(KeyedLog log)
    {
        try
        {
            log.Compact();
            log.Checkpoints(3);
        }
        catch (IOException) when (log.IsDead())
        {
            // What was there before counts.
        }
    }
}
