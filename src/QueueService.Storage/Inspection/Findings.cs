namespace QueueService.Storage.Inspection;

/// <summary>What a verification found, one readable line each.</summary>
internal sealed class Findings(TextWriter output)
{
    /// <summary>Lines that say that durable bytes are wrong.</summary>
    public int Damaged { get; private set; }

    /// <summary>A start would refuse.</summary>
    public bool IsRefused { get; private set; }

    public void Note(string line) => output.WriteLine($"  {line}");

    public void Damage(string line)
    {
        Damaged++;
        output.WriteLine($"! {line}");
    }

    /// <summary>Damage that recovery does not get around.</summary>
    public void Refusal(string line)
    {
        IsRefused = true;
        Damage(line);
    }

    /// <summary>The last line; answers whether all is well.</summary>
    public bool Conclude(string sound)
    {
        string start = IsRefused ? "A start would refuse this directory." : "A start would still succeed.";
        output.WriteLine(Damaged == 0 ? $"SOUND: {sound}" : $"DAMAGED: {Damaged} findings. {start}");
        return Damaged == 0;
    }
}
