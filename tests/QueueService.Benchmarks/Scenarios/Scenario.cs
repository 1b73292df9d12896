using System.Text;
using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>A job that clients do over HTTP, as it is measured on the server and on the floor.</summary>
/// <param name="Name">As on the command line and in the table.</param>
/// <param name="Open">Starts one client's conversation.</param>
internal sealed record Scenario(string Name, Func<Requests, Conversation> Open)
{
    /// <summary>standard or fifo.</summary>
    public string QueueType { get; init; } = "standard";

    /// <summary>Rounds per second over all connections of an open loop; null for a closed loop.</summary>
    public double? Rate { get; init; }

    /// <summary>Starts one client's duplex conversation; null for requests and replies.</summary>
    public Func<Requests, DuplexConversation>? OpenDuplex { get; init; }

    /// <summary>The floor has no such routes: an empty endpoint says nothing about a stream.</summary>
    public bool IsDuplex => OpenDuplex is not null;

    /// <summary>Text that needs no escaping in JSON.</summary>
    public static byte[] Body(int length)
    {
        const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
        return Encoding.ASCII.GetBytes(string.Create(length, 0, static (chars, _) =>
        {
            for (int i = 0; i < chars.Length; i++) chars[i] = Alphabet[i % Alphabet.Length];
        }));
    }
}
