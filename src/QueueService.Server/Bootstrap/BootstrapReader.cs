using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Bootstrap;

/// <summary>A queue of a bootstrap file.</summary>
internal sealed record DeclaredQueue(string File, QueueName Name, QueueChanges Changes)
{
    public string Pointer => $"/queues/{Name.Value}";

    public QueueDeclaration Declaration { get; } = new(Name, Changes.Create());
}

/// <summary>
/// Reads the declarations of a file, or of all `*.json` files of a directory, in the order of their names:
/// `{"queues":{"jobs":{…what PUT takes…}}}`. Nothing is applied before everything is valid.
/// </summary>
internal sealed class BootstrapReader
{
    private static readonly FieldNames Sections = new("queues");

    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly List<DeclaredQueue> _queues = [];
    private readonly List<string> _errors = [];
    private string _file = "";

    /// <exception cref="BootstrapException">Something is wrong; all of it is named.</exception>
    public static IReadOnlyList<DeclaredQueue> Read(string path)
    {
        BootstrapReader reader = new();
        foreach (string file in reader.Files(Path.GetFullPath(path))) reader.ReadFile(file);
        return reader._errors.Count == 0 ? reader._queues : throw new BootstrapException(reader._errors);
    }

    private string[] Files(string path)
    {
        if (!Directory.Exists(path)) return [path];
        string[] files = [.. Directory.GetFiles(path, "*.json").Order(StringComparer.Ordinal)];
        if (files.Length == 0) _errors.Add($"{path}: the directory holds no *.json file.");
        return files;
    }

    private void ReadFile(string file)
    {
        _file = file;
        byte[] json;
        try
        {
            long length = new FileInfo(file).Length;
            if (length > Limits.BootstrapFileBytes)
            {
                _errors.Add($"{file}: has {length} bytes, and may have {Limits.BootstrapFileBytes}.");
                return;
            }

#pragma warning disable RS0030 // The ban guards the data directory; this file is the operator's and is only read.
            json = File.ReadAllBytes(file);
#pragma warning restore RS0030
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            _errors.Add($"{file}: {unreadable.Message}");
            return;
        }

        // Editors put a byte order mark in front, which JSON does not know.
        ReadOnlySpan<byte> text = json.AsSpan().StartsWith("\uFEFF"u8) ? json.AsSpan(3) : json;
        Report(text.IsEmpty ? Problem.Invalid("", "The file is empty.") : JsonRequest.Parse(text, this, ReadDocument));
    }

    private void Report(Problem? problem)
    {
        if (problem is null) return;
        if (problem.Errors.Count == 0) _errors.Add($"{_file}: {problem.Detail}");
        foreach ((string where, string message) in problem.Errors)
            _errors.Add(where.Length == 0 ? $"{_file}: {message}" : $"{_file} {where}: {message}");
    }

    private static Problem? ReadDocument(ref Utf8JsonReader json, BootstrapReader reader)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The file must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int section = JsonRequest.Field(ref json, Sections, ref seen, ref problem);
            json.Read();
            if (section < 0) json.Skip();
            else reader.ReadQueues(ref json, ref problem);
        }

        return problem;
    }

    private void ReadQueues(ref Utf8JsonReader json, ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, "/queues", "must be a JSON object of queues by their names.");
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string text = JsonRequest.Name(ref json);
            string pointer = "/queues/" + JsonRequest.Escape(text);
            QueueChanges changes = new(QueueFields.OfQueue);
            json.Read();
            Problem? wrong = json.TokenType == JsonTokenType.Null ? null : QueueChanges.ReadObject(ref json, changes);
            json.TrySkip();
            foreach ((string where, string message) in wrong?.Errors ?? [])
                Problem.Blame(ref problem, pointer + where, message);
            if (!QueueName.TryParse(text, out QueueName name))
                Problem.Blame(ref problem, pointer, "must have a name of 1 to 128 of A-Z a-z 0-9 . _ -");
            else if (!_files.TryAdd(text, _file))
                Problem.Blame(ref problem, pointer, $"is declared twice, first in {_files[text]}.");
            else if (wrong is null) _queues.Add(new DeclaredQueue(_file, name, changes));
        }
    }
}
