using System.Text.Json;
using Grpc.Net.Client;
using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;

namespace SwarmOrleans.Daemon;

/// <summary>
/// The managers that this node knows, with weights (B.8), kept in a file so that it finds back after a restart. A node that is a manager itself turns to its own.
/// </summary>
internal sealed class RemoteManagers : IManagerSource
{
    private const double GoodObservation = 10;
    private const double BadObservation = -10;
    private const double LeastWeight = 0.001;

    private readonly SecurityConfig _security;
    private readonly Random _random;
    private readonly string _file;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string NodeId, double Weight)> _known = [];

    public RemoteManagers(string file, SecurityConfig security, Random random, IEnumerable<string> initial)
    {
        (_file, _security, _random) = (file, security, random);
        foreach (var (id, address) in Load(file).Concat(initial.Select(a => ("", a))))
        {
            _known.TryAdd(address, (id, GoodObservation));
        }
    }

    /// <summary>Path of this node's control socket while it is a manager.</summary>
    public string? LocalSocket { get; set; }

    /// <summary>host:port of all known managers.</summary>
    public IReadOnlyList<string> Addresses
    {
        get
        {
            lock (_lock)
            {
                return [.. _known.Keys];
            }
        }
    }

    public static IEnumerable<(string NodeId, string Address)> Load(string file)
    {
        if (!File.Exists(file))
        {
            return [];
        }

        try
        {
            return (JsonSerializer.Deserialize<List<Entry>>(File.ReadAllBytes(file)) ?? []).Select(e => (e.NodeId, e.Addr));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is damaged: {e.Message}", e);
        }
    }

    public IManagerLink? Pick()
    {
        if (LocalSocket is { } socket)
        {
            return new ManagerLink("this node", UnixSocketChannel.Open(socket));
        }

        string address;
        lock (_lock)
        {
            if (_known.Count == 0)
            {
                return null;
            }

            var point = _random.NextDouble() * _known.Values.Sum(k => Math.Max(k.Weight, 0) + LeastWeight);
            address = _known.Keys.Last();
            foreach (var (candidate, known) in _known)
            {
                point -= Math.Max(known.Weight, 0) + LeastWeight;
                if (point <= 0)
                {
                    address = candidate;
                    break;
                }
            }
        }

        return new ManagerLink(address, GrpcChannel.ForAddress(
            $"https://{address}",
            new GrpcChannelOptions { HttpHandler = _security.CreateHandler(), DisposeHttpClient = true, MaxReceiveMessageSize = null }));
    }

    public void Observe(IReadOnlyList<WeightedPeer> managers)
    {
        lock (_lock)
        {
            var before = _known.ToDictionary();
            _known.Clear();
            foreach (var manager in managers)
            {
                var old = before.GetValueOrDefault(manager.Peer.Addr).Weight;
                _known[manager.Peer.Addr] = (manager.Peer.NodeId, (manager.Weight + old) / 2);
            }

            if (before.Select(k => (k.Key, k.Value.NodeId)).ToHashSet().SetEquals(_known.Select(k => (k.Key, k.Value.NodeId))))
            {
                return;
            }

            Save();
        }
    }

    public void ReportFailure(IManagerLink link)
    {
        lock (_lock)
        {
            if (_known.TryGetValue(link.Address, out var known))
            {
                _known[link.Address] = known with { Weight = (known.Weight + BadObservation) / 2 };
            }
        }
    }

    private void Save()
    {
        var entries = _known.Select(k => new Entry(k.Value.NodeId, k.Key)).OrderBy(e => e.NodeId, StringComparer.Ordinal).ToList();
        var temporary = _file + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(entries));
        File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(temporary, _file, overwrite: true);
    }

    private sealed record Entry(string NodeId, string Addr);

    private sealed class ManagerLink(string address, GrpcChannel channel) : IManagerLink
    {
        public string Address => address;

        public IDispatcherClient Dispatcher { get; } = new GrpcDispatcherClient(channel.CreateCallInvoker());

        public ValueTask DisposeAsync()
        {
            channel.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
