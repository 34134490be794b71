using System.CommandLine;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using SwarmOrleans.Contracts;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Cli;

/// <summary>Options that every command has, and what they lead to.</summary>
internal sealed class GlobalOptions(TextWriter output, Func<string, CallInvoker> connect, Func<Stream> input)
{
    // Knows what may be inside of messages that can hold any other.
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithTypeRegistry(TypeRegistry.FromMessages(AddressUsage.Descriptor)));

    private readonly Option<string> _socket = new("--socket", "-s")
    {
        Description = "control socket of a manager",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("SWARM_SOCKET") is { Length: > 0 } path ? path : ControlSocket.Default,
    };

    private readonly Option<bool> _noResolve = new("--no-resolve", "-n") { Description = "show ids instead of names", Recursive = true };

    private readonly Option<OutputFormat> _format = new("--output") { Description = "table or json", Recursive = true };

    public TextWriter Output => output;

    /// <summary>What comes through standard input.</summary>
    public Stream OpenInput() => input();

    public void AddTo(Command root)
    {
        root.Add(_socket);
        root.Add(_noResolve);
        root.Add(_format);
    }

    public ControlRpc.ControlClient Client(ParseResult result) => new(connect(result.GetValue(_socket)!));

    public Explainer.ExplainerClient ExplainerClient(ParseResult result) => new(connect(result.GetValue(_socket)!));

    public bool ShowsIds(ParseResult result) => result.GetValue(_noResolve);

    public bool IsJson(ParseResult result) => result.GetValue(_format) == OutputFormat.Json;

    /// <summary>What was made or changed: as JSON, or its id alone.</summary>
    public void Answer(ParseResult result, IMessage message, string id)
    {
        if (IsJson(result))
        {
            WriteJson(message);
        }
        else
        {
            output.WriteLine(id);
        }
    }

    /// <summary>Objects as JSON, one a line for a list.</summary>
    public void WriteJson(params IEnumerable<IMessage> messages)
    {
        foreach (var message in messages)
        {
            output.WriteLine(Json.Format(message));
        }
    }
}

/// <summary>How results are shown.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For scripts.</summary>
    Json,
}
