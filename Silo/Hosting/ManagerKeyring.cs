using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>Where a manager gets the keys of the log from: its key file, another manager, or, the first one, nowhere.</summary>
internal static class ManagerKeyring
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static async Task<Keyring> ObtainAsync(ManagerOptions options, PeerChannels peers, CancellationToken cancellationToken)
    {
        if (options.State.LoadKeyring() is { } stored)
        {
            return new Keyring(stored.Keys, stored.Current);
        }

        var keyring = options.NewCluster is not null ? Keyring.Generate() : await FetchAsync(options, peers, cancellationToken);
        options.State.SaveKeyring(keyring.Keys, keyring.CurrentId);
        return keyring;
    }

    private static async Task<Keyring> FetchAsync(ManagerOptions options, PeerChannels peers, CancellationToken cancellationToken)
    {
        if (options.Managers.Count == 0)
        {
            throw new InvalidDataException("the state directory has no keys for the log, and no other manager is known");
        }

        for (var i = 0; ; i++)
        {
            try
            {
                var client = new ManagerGroup.ManagerGroupClient(peers.To(options.Managers[i % options.Managers.Count]));
                var response = await client.GetKeyringAsync(new GetKeyringRequest(), cancellationToken: cancellationToken);
                return new Keyring(response.Keys.ToDictionary(k => k.Id, k => k.Secret.ToByteArray()), response.CurrentId);
            }
            catch (RpcException) when (!cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(Pause, options.TimeProvider, cancellationToken);
            }
        }
    }
}
